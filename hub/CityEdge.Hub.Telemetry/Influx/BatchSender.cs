using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Brings one batch into InfluxDB. Version 1 does not say which lines it refused and its <c>dropped=</c> does not count all: refused lines are found by
/// sending halves again, which changes nothing that is stored. They become dead letters; no other line is lost.
/// </summary>
internal sealed partial class BatchSender(InfluxConnection connection, TimeProvider time, Func<DeadLetter, CancellationToken, ValueTask>? deadLetters)
{
    /// <summary>Requests spent on one batch to find refused lines; what is not found then is kept as dead letters as a whole.</summary>
    public const int MaxRequests = 64;

    private const int MaxPayload = 64 * 1024;
    private static readonly KeyValuePair<string, object?> Tag = TelemetryMetrics.Store("influx");

    public async Task SendAsync(InfluxBatch batch, CancellationToken cancellation)
    {
        foreach (var (row, reason, message) in batch.Unwritable) await RefuseAsync(row.Point, reason, message, batch.FromPosition, Encoding.UTF8.GetBytes($"{row}"), cancellation).ConfigureAwait(false);
        batch.Unwritable.Clear();
        var setUp = false;
        var budget = new Budget();
        while (batch.Lines.Count > 0)
        {
            var answer = await PostAsync(batch, 0, batch.Lines.Count, budget, cancellation).ConfigureAwait(false);
            switch (answer.Verdict)
            {
                case InfluxVerdict.Stored:
                    TelemetryMetrics.Batches.Add(1, Tag);
                    return;
                case InfluxVerdict.NoDatabase when !setUp:
                    setUp = true;
                    await connection.SetUpAsync(cancellation).ConfigureAwait(false);
                    break;
                case InfluxVerdict.NoDatabase:
                    throw connection.NoDatabase(answer);
                case InfluxVerdict.Refused when Named(batch, answer) is { Count: > 0 } named:
                    // The others go again, which changes nothing that is stored: the list may not be the whole of it.
                    foreach (var (index, words) in named) await RefuseLineAsync(batch, index, $"InfluxDB refused the line: {words}", "sink_refused", cancellation).ConfigureAwait(false);
                    batch.Remove([.. named.Keys]);
                    break;
                case InfluxVerdict.BeyondRetention when budget.Used < MaxRequests:
                    // Goes again without them: another refusal may hide behind this one.
                    batch.Remove(await RefuseOldestAsync(batch, 0, batch.Lines.Count, answer, cancellation).ConfigureAwait(false));
                    break;
                default:
                    await NarrowAsync(batch, 0, batch.Lines.Count, answer, budget, cancellation).ConfigureAwait(false);
                    TelemetryMetrics.Batches.Add(1, Tag);
                    return;
            }
        }
    }

    [GeneratedRegex(@"dropped=(\d+)")]
    private static partial Regex Dropped { get; }

    private async Task NarrowAsync(InfluxBatch batch, int from, int to, InfluxAnswer answer, Budget budget, CancellationToken cancellation)
    {
        if (answer.Verdict == InfluxVerdict.BeyondRetention)
        {
            await RefuseOldestAsync(batch, from, to, answer, cancellation).ConfigureAwait(false);
            return;
        }
        // Where one bad line keeps all others out, giving up would give good lines up: each is found, however many there are.
        if (to - from == 1 || (budget.Used >= MaxRequests && !answer.NothingStored && answer.Verdict == InfluxVerdict.Refused))
        {
            var more = to - from == 1 ? "" : $" (one of {to - from} lines kept together, because {MaxRequests} requests did not find it; good ones among them are stored)";
            for (var i = from; i < to; i++) await RefuseLineAsync(batch, i, $"InfluxDB refused the line: {answer.Message}{more}", "sink_refused", cancellation).ConfigureAwait(false);
            return;
        }
        var middle = from + ((to - from) / 2);
        var first = await PostAsync(batch, from, middle, budget, cancellation).ConfigureAwait(false);
        if (first.Verdict != InfluxVerdict.Stored) await NarrowAsync(batch, from, middle, first, budget, cancellation).ConfigureAwait(false);
        // All of the first half went in: the fault is in the second, which is not asked again as a whole. A single line is, for the server's word on it.
        var known = first.Verdict == InfluxVerdict.Stored && to - middle > 1;
        var second = known ? answer : await PostAsync(batch, middle, to, budget, cancellation).ConfigureAwait(false);
        if (second.Verdict != InfluxVerdict.Stored) await NarrowAsync(batch, middle, to, second, budget, cancellation).ConfigureAwait(false);
    }

    /// <summary>The lines that the server names, by index; none when a number or a text does not fit what was sent, because then they mean another request.</summary>
    private static Dictionary<int, string>? Named(InfluxBatch batch, InfluxAnswer answer)
    {
        if (answer.Lines is not { } lines) return null;
        var named = new Dictionary<int, string>();
        foreach (var (number, original, words) in lines)
        {
            if (number < 1 || number > batch.Lines.Count) return null;
            var sent = Encoding.UTF8.GetString(batch.Range(number - 1, number).Span).TrimEnd('\n');
            // The text may be cut, but not be another one.
            var start = original.TrimEnd('\n', '.', '…', ' ');
            if (!sent.StartsWith(start[..Math.Min(start.Length, 20)], StringComparison.Ordinal)) return null;
            named[number - 1] = words;
        }
        return named;
    }

    /// <summary>The retention limit is a point in time: the number that the server dropped are the oldest ones. Returns their indices.</summary>
    private async Task<HashSet<int>> RefuseOldestAsync(InfluxBatch batch, int from, int to, InfluxAnswer answer, CancellationToken cancellation)
    {
        var match = Dropped.Match(answer.Message);
        var count = match.Success && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var said) && said > 0 ? Math.Min(said, to - from) : 1;
        var oldest = Enumerable.Range(from, to - from).OrderBy(i => batch.Lines[i].TimeMs).Take(count).ToHashSet();
        foreach (var i in oldest) await RefuseLineAsync(batch, i, "The reading is older than the retention of InfluxDB (--retention).", "beyond_retention", cancellation).ConfigureAwait(false);
        return oldest;
    }

    private ValueTask RefuseLineAsync(InfluxBatch batch, int index, string message, string cause, CancellationToken cancellation)
    {
        TelemetryMetrics.Refused.Add(1, Tag, TelemetryMetrics.Reason(cause));
        return LetterAsync(batch.Lines[index].Point, RefusalReason.SinkRefused, message, batch.FromPosition, batch.Range(index, index + 1).ToArray(), cancellation);
    }

    private ValueTask RefuseAsync(PointId point, RefusalReason reason, string message, long position, byte[] payload, CancellationToken cancellation)
    {
        TelemetryMetrics.Refused.Add(1, Tag, TelemetryMetrics.Reason(RefusalReasons.Name(reason)));
        return LetterAsync(point, reason, message, position, payload, cancellation);
    }

    private async ValueTask LetterAsync(PointId point, RefusalReason reason, string message, long position, byte[] payload, CancellationToken cancellation)
    {
        if (deadLetters is null) return;
        if (payload.Length > MaxPayload) payload = payload[..MaxPayload];
        var word = RefusalReasons.Name(reason);
        // By content, not by position: sent again after a failure, the line is the same letter.
        var id = Convert.ToHexStringLower(SHA256.HashData([.. payload, .. Encoding.UTF8.GetBytes(word)]).AsSpan(0, 16));
        try
        {
            await deadLetters(new DeadLetter(id, time.GetUtcNow().ToUnixTimeMilliseconds(), "influx", $"{point.Site}/{point.Device}", word, message, position, payload), cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new TelemetryUnavailableException($"A line that InfluxDB refused could not be kept as a dead letter: {error.Message}. Its batch is sent again.", error);
        }
    }

    private async Task<InfluxAnswer> PostAsync(InfluxBatch batch, int from, int to, Budget budget, CancellationToken cancellation)
    {
        budget.Used++;
        var answer = await connection.WriteAsync(batch.Range(from, to), cancellation).ConfigureAwait(false);
        var isPart = to - from < batch.Lines.Count;
        return isPart && answer.Verdict == InfluxVerdict.NoDatabase ? throw connection.NoDatabase(answer) : answer;
    }

    private sealed class Budget
    {
        public int Used { get; set; }
    }
}
