using CityEdge.Contracts;

namespace CityEdge.Hub.Api;

/// <summary>A stored or live value in the API: number, boolean or string; quality only when something is in doubt.</summary>
public static class ReadingJson
{
    public static object? Value(ReadingValue value) => value.Type switch
    {
        // JSON knows no NaN and no infinity.
        ReadingType.Number => double.IsFinite(value.Number) ? value.Number : null,
        ReadingType.Boolean => value.Boolean,
        ReadingType.Text => value.Text,
        ReadingType.Data => Convert.ToBase64String(value.Data.Span),
        _ => null,
    };

    public static Dictionary<string, object?> Item(long timeMs, ReadingValue value, Quality quality)
    {
        var item = new Dictionary<string, object?> { ["time"] = HubJson.FromMs(timeMs), ["value"] = Value(value) };
        if (quality != Quality.Good) item["quality"] = (int)quality;
        return item;
    }

    public static Dictionary<string, object?> Live(in Reading reading)
    {
        var item = Item(reading.TimeMs, reading.Value, reading.Quality);
        item["point"] = reading.Point.ToString();
        return item;
    }
}
