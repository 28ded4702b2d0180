using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>Rows of one series that are not in a chunk yet, in order of arrival. 16 bytes a row while they are good numbers.</summary>
internal sealed class HeadRows
{
    private long[] times = [];
    private double[] numbers = [];
    private object?[]? references;
    private byte[]? types;
    private int[]? qualities;
    private ReadingType uniform;
    private long textBytes;

    public int Count { get; private set; }

    /// <summary>Memory held, bytes.</summary>
    public long Bytes => textBytes + (times.Length * (16L + (references is null ? 0 : 8) + (types is null ? 0 : 1) + (qualities is null ? 0 : 4)));

    /// <summary>Bytes of texts and data.</summary>
    public long TextBytes => textBytes;

    /// <summary>True when times rise strictly: no sorting is needed.</summary>
    public bool Ordered { get; private set; } = true;

    public void Append(long timeMs, in ReadingValue value, Quality quality)
    {
        if (Count == times.Length) Grow();
        if (Count == 0) uniform = value.Type;
        else if (timeMs <= times[Count - 1]) Ordered = false;
        if (value.Type != uniform && types is null)
        {
            types = new byte[times.Length];
            types.AsSpan(0, Count).Fill((byte)uniform);
        }
        if (types is not null) types[Count] = (byte)value.Type;
        if (value.Type is ReadingType.Text or ReadingType.Data)
        {
            references ??= new object?[times.Length];
            references[Count] = value.Type == ReadingType.Text ? value.Text : value.Data.ToArray();
            textBytes += 24 + (value.Type == ReadingType.Text ? 2L * value.Text!.Length : value.Data.Length);
        }
        if (quality != Quality.Good) qualities ??= new int[times.Length];
        if (qualities is not null) qualities[Count] = (int)quality;
        times[Count] = timeMs;
        numbers[Count] = value.AsNumber;
        Count++;
    }

    public StoredReading this[int index] => new(times[index], Value(index), qualities is null ? Quality.Good : (Quality)qualities[index]);

    public void CopyTo(int from, List<StoredReading> into)
    {
        for (var i = from; i < Count; i++) into.Add(this[i]);
    }

    /// <summary>Empties it. Plain arrays are kept for the next rows unless memory is short.</summary>
    public void Clear(bool release)
    {
        Count = 0;
        Ordered = true;
        textBytes = 0;
        (references, types, qualities) = (null, null, null);
        if (release) (times, numbers) = ([], []);
    }

    private ReadingValue Value(int index) => (types is null ? uniform : (ReadingType)types[index]) switch
    {
        ReadingType.Number => ReadingValue.FromNumber(numbers[index]),
        ReadingType.Boolean => ReadingValue.FromBoolean(numbers[index] != 0),
        ReadingType.Text => ReadingValue.FromText((string)references![index]!),
        ReadingType.Data => ReadingValue.FromData((byte[])references![index]!),
        _ => default,
    };

    private void Grow()
    {
        var size = times.Length switch { 0 => 4, < 128 => times.Length * 2, _ => times.Length + 128 };
        Array.Resize(ref times, size);
        Array.Resize(ref numbers, size);
        if (references is not null) Array.Resize(ref references, size);
        if (types is not null) Array.Resize(ref types, size);
        if (qualities is not null) Array.Resize(ref qualities, size);
    }
}
