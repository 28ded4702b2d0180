namespace CityEdge.Contracts;

/// <summary>
/// The one shared normaliser of readings (design §4.1): scale, unit, finite, range, stuck, jump, dead-band, in this order, for one point. Holds a few numbers of state, no clock: time is the
/// readings' own. A doubtful value is flagged and sent; only what cannot be stored, or need not be sent, is dropped. Not safe for concurrent calls.
/// </summary>
public sealed class ReadingNormaliser(PointConfig config)
{
    private static readonly long MaxMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private Reading? lastSent;
    private double lastSentNumber;
    private long newestMs = long.MinValue;
    private ReadingValue unchanged;
    private long unchangedSinceMs;
    private (double Value, long TimeMs)? plausible;

    /// <summary>Normalises one reading. A reading older than the newest so far is converted and range-checked, and touches no state.</summary>
    public NormalisedReading Normalise(in Reading raw)
    {
        if (raw.TimeMs < SenmlJson.MinAbsoluteMs || raw.TimeMs > MaxMs)
        {
            return new(null, NormaliserDrop.TimeOutOfRange, $"{raw.Point}: time {raw.TimeMs} ms is before 1978-07-04 or after 9999; check the device's clock and the time format");
        }
        var value = raw.Value;
        if (config.Kind == PointKind.Contact && value.Type == ReadingType.Number && double.IsFinite(value.Number)) value = ReadingValue.FromBoolean(value.Number * config.Scale + config.Offset != 0);
        if (!PointKinds.Accepts(config.Kind, value.Type))
        {
            return new(null, NormaliserDrop.WrongType, $"{raw.Point}: kind {PointKinds.Name(config.Kind)} does not take {value.Type.ToString().ToLowerInvariant()} '{value}'");
        }
        var quality = raw.Quality;
        var scaled = double.NaN;
        var unit = (string?)null;
        if (value.Type == ReadingType.Number)
        {
            scaled = value.Number * config.Scale + config.Offset;
            var source = config.Unit ?? raw.Unit;
            if (!Units.TryConvert(scaled, source, config.Kind, out var canonical)) return new(null, NormaliserDrop.BadUnit, $"{raw.Point}: '{source}' is not a unit of {PointKinds.Name(config.Kind)}");
            if (!double.IsFinite(canonical)) return new(null, NormaliserDrop.NotFinite, $"{raw.Point}: value {value} is not a finite number");
            if (scaled < config.Min || scaled > config.Max) quality |= Quality.OutOfRange;
            unit = PointKinds.CanonicalUnit(config.Kind) ?? source;
            value = ReadingValue.FromNumber(canonical);
        }
        if (raw.TimeMs < newestMs) return new(new Reading(raw.Point, raw.TimeMs, value, unit, quality));

        if (config.StuckAfter is { } stuckAfter)
        {
            if (newestMs == long.MinValue || unchanged != raw.Value) (unchanged, unchangedSinceMs) = (raw.Value, raw.TimeMs);
            else if (raw.TimeMs - unchangedSinceMs >= stuckAfter.TotalMilliseconds) quality |= Quality.Stuck;
        }
        if (config.MaxJumpPerSecond is { } maxJump && value.Type == ReadingType.Number)
        {
            // Against the last plausible reading, not the last one: the way back from a spike is no jump, and a lasting step is believed once enough time has passed.
            if (plausible is { } last && raw.TimeMs > last.TimeMs && Math.Abs(scaled - last.Value) > maxJump * (raw.TimeMs - last.TimeMs) / 1000d) quality |= Quality.Jump;
            else if ((quality & (Quality.OutOfRange | Quality.SensorFault)) == 0) plausible = (scaled, raw.TimeMs);
        }
        newestMs = raw.TimeMs;

        var reading = new Reading(raw.Point, raw.TimeMs, value, unit, quality);
        if (config.DeadBand is { } band && lastSent is { } sent && sent.Quality == quality && raw.TimeMs - sent.TimeMs < config.Heartbeat.TotalMilliseconds &&
            (value.Type == ReadingType.Number ? Math.Abs(scaled - lastSentNumber) <= band : value == sent.Value))
        {
            return new(null, NormaliserDrop.DeadBand);
        }
        (lastSent, lastSentNumber) = (reading, scaled);
        return new(reading);
    }
}
