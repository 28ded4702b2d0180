using System.Text.Json.Nodes;
using CityEdge.Adapters;
using CityEdge.Contracts;

namespace CityEdge.Edge.Cli;

/// <summary>One reading for the installer at the kiosk: what the device says, and what would be sent.</summary>
internal static class ReadCommand
{
    public static async Task<int> RunAsync(IAdapter adapter, TimeSpan timeout, bool json, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        IReadOnlyList<Reading> raw;
        try
        {
            raw = await adapter.ReadOnceAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            await error.WriteLineAsync($"cityedge-edge: {adapter.Id} ({adapter.Type}): no answer within {timeout.TotalSeconds:0} s; check wiring, address and power, or give a longer --timeout").ConfigureAwait(false);
            return 1;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await error.WriteLineAsync($"cityedge-edge: {adapter.Id} ({adapter.Type}): {e.Message}").ConfigureAwait(false);
            return 1;
        }
        var failed = raw.Count == 0;
        foreach (var reading in raw)
        {
            var declared = adapter.Points.FirstOrDefault(p => p.Name == reading.Point.Name)?.Normalisation;
            var sent = new ReadingNormaliser(declared ?? new PointConfig { Kind = PointKinds.Infer(reading.Unit, reading.Value.Type) }).Normalise(reading);
            failed |= sent.Reading is null;
            await output.WriteLineAsync(json ? Json(reading, sent) : Line(reading, sent)).ConfigureAwait(false);
        }
        if (raw.Count == 0) await error.WriteLineAsync($"cityedge-edge: {adapter.Id} ({adapter.Type}) gave no reading").ConfigureAwait(false);
        return failed ? 1 : 0;
    }

    private static string Line(Reading raw, NormalisedReading sent) => sent.Reading is { } reading
        ? $"{raw.Point.Name,-32} {raw.Value} {raw.Unit} -> {reading.Value} {reading.Unit}{(reading.Quality == Quality.Good ? "" : $"  quality: {reading.Quality}")}"
        : $"{raw.Point.Name,-32} {raw.Value} {raw.Unit} -> not sent: {sent.Message}";

    private static string Json(Reading raw, NormalisedReading sent)
    {
        var line = new JsonObject { ["name"] = raw.Point.Name, ["time"] = Rfc3339.Format(raw.TimeMs), ["raw"] = Value(raw.Value), ["raw_unit"] = raw.Unit };
        if (sent.Reading is { } reading) (line["value"], line["unit"], line["quality"]) = (Value(reading.Value), reading.Unit, (int)reading.Quality);
        else line["error"] = sent.Message;
        return line.ToJsonString();
    }

    private static JsonNode? Value(ReadingValue value) => value.Type switch
    {
        ReadingType.Number when double.IsFinite(value.Number) => value.Number,
        ReadingType.Boolean => value.Boolean,
        _ => value.ToString(),
    };
}
