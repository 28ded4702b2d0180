using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Proves, before the first reading goes out, that a time written is the time read back. InfluxDB 1.6 takes a precision that it does not know for nanoseconds and answers 204, which
/// puts 2026 into January 1970 without a word. The probe is one point of the measurement <c>cityedge_probe</c> at the present time; version 1 deletes it afterwards, elsewhere one a start stays.
/// </summary>
internal static class InfluxProbe
{
    public const string Measurement = "cityedge_probe";

    private const int Looks = 5;

    /// <summary>Returns when times are proven, or cannot be read back by this user, which is logged. Else throws: the sink stops.</summary>
    public static async Task ProveAsync(InfluxConnection connection, TimeProvider wall, ILogger? logger, CancellationToken cancellation)
    {
        var nowMs = wall.GetUtcNow().ToUnixTimeMilliseconds();
        // Told apart from the probes of other hubs by its value.
        var mark = Random.Shared.NextInt64(1, 1L << 52);
        var answer = await connection.PostAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Measurement},device=hub,point=probe,site=hub value={mark} {nowMs}\n")), cancellation).ConfigureAwait(false);
        var now = Time(nowMs);
        switch (answer.Verdict)
        {
            case InfluxVerdict.Stored:
                break;
            case InfluxVerdict.NoDatabase:
                throw connection.NoDatabase(answer);
            case InfluxVerdict.BeyondRetention:
                throw connection.Stop($"takes a point of now ({now}) for older than its retention ({answer.Message}): it reads times in another unit than milliseconds, or the clock here or there is wrong. Set the clocks, or put an InfluxDB there that knows precision 'ms'", "precision");
            default:
                throw connection.Stop($"refuses a probe point ({InfluxReply.Describe(answer.Status, answer.Message)}). Mend what it says", "probe");
        }
        for (var look = 0; look < Looks; look++)
        {
            if (look > 0) await Task.Delay(TimeSpan.FromMilliseconds(100 << look), wall, cancellation).ConfigureAwait(false);
            var (error, times) = await connection.FindProbeAsync(mark, nowMs, cancellation).ConfigureAwait(false);
            if (error is not null)
            {
                logger?.LogWarning("InfluxDB at {Url}: the probe point cannot be read back ({Error}), so that its times are as written is not proven, and readings cannot be queried. Give the user the right to read {Database}.", connection.Url, error, connection.Database);
                return;
            }
            if (times.Contains(nowMs))
            {
                await connection.ForgetProbeAsync(nowMs, cancellation).ConfigureAwait(false);
                return;
            }
            if (times.Count > 0) throw connection.Stop($"has stored a probe point of {now} at {Time(times[0])}: it reads times in another unit than milliseconds. No reading is written there. Put an InfluxDB there that knows precision 'ms', or mend the proxy in between", "precision");
        }
        throw connection.Stop($"has acknowledged a probe point of {now} and does not give it back: it was stored elsewhere or at another time. Check --influx-db or --influx-bucket and its mapping for InfluxQL, and what stands between", "precision");
    }

    private static string Time(long ms) => Math.Abs(ms) < 253_402_300_799_999 ? DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{ms} ms");
}
