namespace CityEdge.Contracts;

/// <summary>
/// From a message on a telemetry topic to readings in canonical units (design §5, <i>SenML</i>). A pure function of (topic, payload, arrival time, catalog): decoding a journal record again gives the same.
/// </summary>
public static class TelemetryDecoder
{
    /// <summary>How far a device's clock may be ahead of the hub's before its time is not believed, ms.</summary>
    public const long MaxAheadMs = 5 * 60_000;

    /// <summary>Decodes a payload, plain or gzip, that arrived at <paramref name="arrivalMs"/> (Unix ms) from <paramref name="site"/>/<paramref name="device"/>.</summary>
    public static TelemetryBatch Decode(string site, string device, ReadOnlyMemory<byte> payload, long arrivalMs, IPointCatalog catalog)
    {
        if (SenmlJson.IsGzip(payload.Span))
        {
            if (SenmlJson.Decompress(payload, out var reason, out var error) is not { } unpacked) return new TelemetryBatch([], [], reason, error);
            payload = unpacked;
        }
        var baseName = $"{site}/{device}/";
        var pack = SenmlJson.Decode(payload.Span, baseName, arrivalMs);
        if (pack.Refusal is not null) return new TelemetryBatch([], [], pack.Reason, pack.Refusal);

        var readings = new List<DecodedReading>(pack.Records.Count);
        var refusals = new List<RecordRefusal>(pack.Errors.Count);
        foreach (var error in pack.Errors) refusals.Add(new RecordRefusal(error.Index, error.Reason, error.Message));
        // Points this pack introduces: its first record of a point decides type and kind for the rest of it.
        Dictionary<string, (PointKind Kind, string? Unit, ReadingType Type)>? introduced = null;
        foreach (var record in pack.Records)
        {
            if (!record.Name.StartsWith(baseName, StringComparison.Ordinal))
            {
                refusals.Add(new(record.Index, RefusalReason.ForeignName, $"record {record.Index}: '{Shown(record.Name)}' is not under {baseName}: a device speaks for its own points only"));
                continue;
            }
            var name = record.Name[baseName.Length..];
            if (!PointId.IsName(name))
            {
                refusals.Add(new(record.Index, RefusalReason.BadRecord, $"record {record.Index}: '{Shown(name)}' is no point name (1 to {PointId.MaxNameLength} of letters, digits and - : . / _, beginning with a letter or digit)"));
                continue;
            }
            if (record.Value is not { } value)
            {
                refusals.Add(new(record.Index, RefusalReason.BadRecord, $"record {record.Index}: '{name}' has a sum only, which is not stored: send v, vs, vb or vd"));
                continue;
            }
            var point = new PointId(site, device, name);
            var isKnown = catalog.TryGet(point, out var kind, out var unit, out var type);
            if ((!isKnown || type == ReadingType.None) && introduced is not null && introduced.TryGetValue(name, out var own))
            {
                (isKnown, kind, unit, type) = (true, own.Kind, own.Unit, own.Type);
            }
            if (!isKnown) kind = PointKinds.Infer(record.Unit, value.Type);
            if (Accept(record, point, value, kind, unit, type, arrivalMs, out var reading) is { } refusal)
            {
                refusals.Add(refusal);
                continue;
            }
            if (type == ReadingType.None)
            {
                introduced ??= new(StringComparer.Ordinal);
                introduced[name] = (kind, unit ?? reading.Unit, value.Type);
            }
            readings.Add(new DecodedReading(reading, kind));
        }
        return new TelemetryBatch(readings, refusals);
    }

    private static RecordRefusal? Accept(in SenmlRecord record, PointId point, ReadingValue value, PointKind kind, string? unit, ReadingType type, long arrivalMs, out Reading reading)
    {
        reading = default;
        if (type != ReadingType.None && type != value.Type)
        {
            return new(record.Index, RefusalReason.TypeChanged, $"record {record.Index}: '{point.Name}' is {Word(type)} so far, now {Word(value.Type)}: give the new values a name of their own");
        }
        if (!PointKinds.Accepts(kind, value.Type))
        {
            return new(record.Index, RefusalReason.TypeChanged, $"record {record.Index}: '{point.Name}' is of kind {PointKinds.Name(kind)}, which is never {Word(value.Type)}: send the fitting value field or change the point's kind");
        }
        var canonicalUnit = (string?)null;
        if (value.Type == ReadingType.Number)
        {
            if (!TryCanonical(value.Number, record.Unit, kind, unit, out var number, out canonicalUnit))
            {
                return new(record.Index, RefusalReason.BadUnit,
                    $"record {record.Index}: unit '{Shown(record.Unit ?? unit ?? "")}' of '{point.Name}' is {(Units.TryGet(record.Unit ?? unit ?? "", out _) ? $"not one of {PointKinds.Name(kind)} ({PointKinds.CanonicalUnit(kind) ?? unit})" : "not in SenML's registry, RFC 8798 or UCUM")}");
            }
            if (!double.IsFinite(number)) return new(record.Index, RefusalReason.NotFinite, $"record {record.Index}: '{point.Name}' is beyond a double in {canonicalUnit}");
            value = ReadingValue.FromNumber(number);
        }
        var isAhead = record.TimeMs > arrivalMs + MaxAheadMs;
        reading = new Reading(point, isAhead ? arrivalMs : record.TimeMs, value, canonicalUnit, isAhead ? record.Quality | Quality.FutureTime : record.Quality);
        return null;
    }

    // Without a unit of its own a record is in the point's registered unit. A point of kind value keeps the unit it began with.
    private static bool TryCanonical(double value, string? recordUnit, PointKind kind, string? pointUnit, out double canonical, out string? unit)
    {
        unit = PointKinds.CanonicalUnit(kind);
        if (unit is not null) return Units.TryConvert(value, recordUnit ?? pointUnit, kind, out canonical);
        (canonical, unit) = (value, pointUnit ?? recordUnit);
        if (recordUnit is null) return true;
        return pointUnit is null || pointUnit == recordUnit ? Units.TryGet(recordUnit, out _) : Units.TryConvert(value, recordUnit, pointUnit, out canonical);
    }

    private static string Word(ReadingType type) => type switch
    {
        ReadingType.Number => "a number",
        ReadingType.Boolean => "a boolean",
        ReadingType.Text => "text",
        ReadingType.Data => "data",
        _ => "nothing",
    };

    private static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
