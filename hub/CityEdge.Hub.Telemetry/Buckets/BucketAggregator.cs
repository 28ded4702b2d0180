using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>Folds readings in ascending time into one value per bucket.</summary>
internal sealed class BucketAggregator(BucketCalendar calendar, AggregateFunction function)
{
    private readonly List<StoredReading> buckets = [];
    private long bucket;
    private long count;
    private double sum;
    private double low;
    private double high;
    private ReadingValue first;
    private ReadingValue last;

    public void Add(in StoredReading reading)
    {
        var number = reading.Value.AsNumber;
        var keepsAnyType = function is AggregateFunction.Count or AggregateFunction.First or AggregateFunction.Last;
        if (!keepsAnyType && reading.Value.Type is not (ReadingType.Number or ReadingType.Boolean)) return;
        var start = calendar.StartOf(reading.TimeMs);
        if (count > 0 && start != bucket) Close();
        if (count == 0)
        {
            (bucket, sum, low, high, first) = (start, 0, number, number, reading.Value);
        }
        count++;
        sum += number;
        low = Math.Min(low, number);
        high = Math.Max(high, number);
        last = reading.Value;
    }

    public IReadOnlyList<StoredReading> Finish()
    {
        if (count > 0) Close();
        return buckets;
    }

    private void Close()
    {
        var value = function switch
        {
            AggregateFunction.Mean => ReadingValue.FromNumber(sum / count),
            AggregateFunction.Min => ReadingValue.FromNumber(low),
            AggregateFunction.Max => ReadingValue.FromNumber(high),
            AggregateFunction.Sum => ReadingValue.FromNumber(sum),
            AggregateFunction.Count => ReadingValue.FromNumber(count),
            AggregateFunction.First => first,
            AggregateFunction.Last => last,
            _ => throw new ArgumentOutOfRangeException(nameof(function), function, null),
        };
        buckets.Add(new StoredReading(bucket, value, Quality.Good));
        count = 0;
    }
}
