using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Folds readings in ascending time, or hours of the roll-up, into one value per bucket. Sums are made hour by hour and then added up, so that an answer from the
/// roll-up has the same bits as one from the readings themselves.
/// </summary>
internal sealed class BucketAggregator(BucketCalendar calendar, AggregateFunction function)
{
    private readonly List<StoredReading> buckets = [];
    private readonly HourAccumulator hour = new();
    private readonly bool anyType = function is AggregateFunction.Count or AggregateFunction.First or AggregateFunction.Last;
    private long bucket;
    private long count;
    private long numbers;
    private double sum;
    private double low;
    private double high;
    private ReadingValue first;
    private ReadingValue last;

    public void Add(in StoredReading reading)
    {
        var end = Turn(reading.TimeMs);
        hour.Add(reading, end);
    }

    /// <summary>Rows from <paramref name="start"/> up to <paramref name="end"/>.</summary>
    public void Add(ChunkColumns rows, int start, int end)
    {
        while (start < end)
        {
            var until = Turn(rows.Times[start]);
            start = hour.Add(rows, start, end, until);
        }
    }

    /// <summary>A whole hour; it must lie in one bucket.</summary>
    public void Add(in HourRow row)
    {
        Turn(row.HourMs);
        Take(row);
    }

    public IReadOnlyList<StoredReading> Finish()
    {
        Close();
        return buckets;
    }

    /// <summary>Ends hour and bucket that a time is past; returns until when neither changes.</summary>
    private long Turn(long timeMs)
    {
        if (hour.HourOf(timeMs) != hour.HourMs) TakeHour();
        var start = calendar.StartOf(timeMs);
        if (start != bucket)
        {
            Close();
            bucket = start;
        }
        return Math.Min(calendar.Until, hour.Begin(timeMs));
    }

    private void TakeHour()
    {
        if (hour.Count > 0) Take(hour.Row);
        hour.Clear();
    }

    private void Take(in HourRow row)
    {
        if (row.Count == 0) return;
        if (count == 0) first = row.First;
        if (row.Numbers > 0)
        {
            (low, high) = numbers == 0 ? (row.Low, row.High) : (Math.Min(low, row.Low), Math.Max(high, row.High));
            sum = (numbers == 0 ? 0 : sum) + row.Sum;
        }
        count += row.Count;
        numbers += row.Numbers;
        last = row.Last;
    }

    private void Close()
    {
        TakeHour();
        if (anyType ? count > 0 : numbers > 0)
        {
            buckets.Add(new StoredReading(bucket, function switch
            {
                AggregateFunction.Mean => ReadingValue.FromNumber(sum / numbers),
                AggregateFunction.Min => ReadingValue.FromNumber(low),
                AggregateFunction.Max => ReadingValue.FromNumber(high),
                AggregateFunction.Sum => ReadingValue.FromNumber(sum),
                AggregateFunction.Count => ReadingValue.FromNumber(count),
                AggregateFunction.First => first,
                AggregateFunction.Last => last,
                _ => throw new ArgumentOutOfRangeException(nameof(function), function, null),
            }, Quality.Good));
        }
        (count, numbers) = (0, 0);
    }
}
