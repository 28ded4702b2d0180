using System.Collections.Concurrent;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Rows of one series as columns: what a head holds, a chunk is made of and comes back as. While all are good numbers there are two columns, 16 bytes a row;
/// the others appear with the first row that needs them. Not thread-safe.
/// </summary>
internal sealed class ChunkColumns
{
    private const int MaxIdle = 16;
    private static readonly ConcurrentBag<ChunkColumns> Idle = [];
    private long[] times = [];
    private double[] numbers = [];
    private object?[]? references;
    private byte[]? types;
    private int[]? qualities;
    private long[] scratch = [];

    public int Count { get; private set; }

    /// <summary>Type of all rows; <see cref="ReadingType.None"/> when they differ.</summary>
    public ReadingType Uniform { get; private set; }

    /// <summary>True when times rise strictly: no sorting is needed.</summary>
    public bool Ordered { get; private set; } = true;

    /// <summary>Bytes of texts and data.</summary>
    public long TextBytes { get; private set; }

    /// <summary>Memory held, bytes.</summary>
    public long Bytes => TextBytes + (times.Length * (16L + (references is null ? 0 : 8) + (types is null ? 0 : 1) + (qualities is null ? 0 : 4)));

    public Span<long> Times => times.AsSpan(0, Count);

    /// <summary>Numbers; booleans as 0 and 1, NaN for text and data.</summary>
    public Span<double> Numbers => numbers.AsSpan(0, Count);

    /// <summary>True when no row is in doubt.</summary>
    public bool AllGood => qualities is null;

    public StoredReading this[int index] => new(times[index], Value(index), QualityOf(index));

    /// <summary>A used one, or a new one; give it back with <see cref="Return"/>.</summary>
    public static ChunkColumns Rent() => Idle.TryTake(out var columns) ? columns : new ChunkColumns();

    public static void Return(ChunkColumns columns)
    {
        columns.Clear();
        if (Idle.Count < MaxIdle && columns.times.Length <= ChunkDecoder.MaxRows * 2) Idle.Add(columns);
    }

    public ReadingType TypeOf(int index) => types is null ? Uniform : (ReadingType)types[index];

    public Quality QualityOf(int index) => qualities is null ? Quality.Good : (Quality)qualities[index];

    public ReadingValue Value(int index) => TypeOf(index) switch
    {
        ReadingType.Number => ReadingValue.FromNumber(numbers[index]),
        ReadingType.Boolean => ReadingValue.FromBoolean(numbers[index] != 0),
        ReadingType.Text => ReadingValue.FromText((string)references![index]!),
        ReadingType.Data => ReadingValue.FromData((byte[])references![index]!),
        _ => default,
    };

    public void Add(in StoredReading row) => Add(row.TimeMs, row.Value, row.Quality);

    public void Add(long timeMs, in ReadingValue value, Quality quality)
    {
        if (Count == times.Length) Grow(times.Length switch { 0 => 4, < 128 => times.Length * 2, _ => times.Length + (times.Length / 2) });
        if (Count == 0) Uniform = value.Type;
        else if (timeMs <= times[Count - 1]) Ordered = false;
        if (types is null && value.Type != Uniform)
        {
            types = new byte[times.Length];
            types.AsSpan(0, Count).Fill((byte)Uniform);
            Uniform = ReadingType.None;
        }
        if (types is not null) types[Count] = (byte)value.Type;
        if (value.Type is ReadingType.Text or ReadingType.Data)
        {
            references ??= new object?[times.Length];
            references[Count] = value.Type == ReadingType.Text ? value.Text : value.Data.ToArray();
            TextBytes += 24 + (value.Type == ReadingType.Text ? 2L * value.Text!.Length : value.Data.Length);
        }
        if (quality != Quality.Good) qualities ??= new int[times.Length];
        if (qualities is not null) qualities[Count] = (int)quality;
        times[Count] = timeMs;
        numbers[Count] = value.AsNumber;
        Count++;
    }

    /// <summary>Appends rows of another.</summary>
    public void Add(ChunkColumns from, int start, int end)
    {
        for (var i = start; i < end; i++) Add(from.times[i], from.Value(i), from.QualityOf(i));
    }

    /// <summary>Makes room for a chunk of that many good numbers, to be filled in place.</summary>
    public void Take(int count)
    {
        if (times.Length < count) Grow(count);
        (Count, Uniform) = (count, ReadingType.Number);
    }

    /// <summary>Two columns of scratch, each as long as the rows.</summary>
    public (Memory<long> First, Memory<long> Second) Scratch()
    {
        if (scratch.Length < Count * 2) scratch = new long[Math.Max(256, Count * 2)];
        return (scratch.AsMemory(0, Count), scratch.AsMemory(scratch.Length / 2, Count));
    }

    /// <summary>What a decoder sets of a row that is no good number.</summary>
    public void SetType(int index, ReadingType type)
    {
        types ??= new byte[times.Length];
        types[index] = (byte)type;
        Uniform = ReadingType.None;
    }

    public void SetUniform(ReadingType type) => Uniform = type;

    public void SetQuality(int index, Quality quality) => (qualities ??= new int[times.Length])[index] = (int)quality;

    public void SetReference(int index, object value)
    {
        (references ??= new object?[times.Length])[index] = value;
        numbers[index] = double.NaN;
    }

    /// <summary>Empties it. Plain arrays are kept for the next rows unless memory is short.</summary>
    public void Clear(bool release = false)
    {
        (Count, TextBytes, Ordered, Uniform) = (0, 0, true, ReadingType.None);
        (references, types, qualities) = (null, null, null);
        if (release) (times, numbers, scratch) = ([], [], []);
    }

    /// <summary>First row at or after a time; rows must be in order.</summary>
    public int IndexOf(long timeMs)
    {
        var index = Times.BinarySearch(timeMs);
        return index < 0 ? ~index : index;
    }

    public void CopyTo(int start, int end, List<StoredReading> into)
    {
        into.EnsureCapacity(into.Count + end - start);
        for (var i = start; i < end; i++) into.Add(this[i]);
    }

    private void Grow(int size)
    {
        Array.Resize(ref times, size);
        Array.Resize(ref numbers, size);
        if (references is not null) Array.Resize(ref references, size);
        if (types is not null) Array.Resize(ref types, size);
        if (qualities is not null) Array.Resize(ref qualities, size);
    }
}
