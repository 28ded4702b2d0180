using System.Numerics;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Packs whole numbers: as they are, as differences or as differences of differences (order 0, 1, 2), each in a fixed number of bits above the smallest, as
/// Rice code, or as Rice code with one bit for a zero: what is smallest. Regular steps and constants cost nothing a row. One packer serves one thread.
/// </summary>
internal sealed class IntPacker
{
    public const int Fixed = 0;
    public const int Rice = 1;
    public const int Sparse = 2;

    /// <summary>A quotient from here on is an escape: 6 bits of length, then the number itself.</summary>
    public const int Escape = 15;

    private long[] first = new long[128];
    private long[] second = new long[128];

    /// <summary>How a column is best packed, and what it then costs.</summary>
    public readonly record struct Plan(int Order, int Coding, int Parameter, long Base, long Bits);

    public Plan Choose(ReadOnlySpan<long> values)
    {
        if (values.IsEmpty) return default;
        if (first.Length < values.Length) (first, second) = (new long[values.Length], new long[values.Length]);
        var best = Weigh(values, 0, 0);
        if (best.Bits <= 24 || values.Length < 3) return best;
        var steps = first.AsSpan(0, values.Length - 1);
        Difference(values, steps);
        var plan = Weigh(steps, 1, Length(values[0]));
        if (plan.Bits < best.Bits) best = plan;
        if (values.Length < 5 || plan.Parameter == 0) return best;
        var turns = second.AsSpan(0, values.Length - 2);
        Difference(steps, turns);
        plan = Weigh(turns, 2, Length(values[0]) + Length(steps[0]));
        return plan.Bits < best.Bits ? plan : best;
    }

    public void Write(ByteWriter output, ReadOnlySpan<long> values, in Plan plan)
    {
        if (values.IsEmpty) return;
        output.Byte((byte)(plan.Order | (plan.Coding << 2)));
        output.Byte((byte)plan.Parameter);
        var rest = values;
        if (plan.Order > 0)
        {
            if (first.Length < values.Length) (first, second) = (new long[values.Length], new long[values.Length]);
            output.Varint(ByteWriter.ZigZag(values[0]));
            rest = Difference(values, first.AsSpan(0, values.Length - 1));
        }
        if (plan.Order > 1)
        {
            output.Varint(ByteWriter.ZigZag(rest[0]));
            rest = Difference(rest, second.AsSpan(0, rest.Length - 1));
        }
        if (plan.Coding == Fixed) output.Varint(ByteWriter.ZigZag(plan.Base));
        var bits = new BitWriter(output);
        switch (plan.Coding)
        {
            case Fixed:
                if (plan.Parameter == 0) break;
                foreach (var value in rest) bits.Put((ulong)unchecked(value - plan.Base), plan.Parameter);
                break;
            case Rice:
                foreach (var value in rest) PutRice(ref bits, ByteWriter.ZigZag(value), plan.Parameter);
                break;
            default:
                foreach (var value in rest)
                {
                    bits.Put(value == 0 ? 0UL : 1UL, 1);
                    if (value != 0) PutRice(ref bits, ByteWriter.ZigZag(value) - 1, plan.Parameter);
                }
                break;
        }
        bits.End();
    }

    /// <summary>Fills <paramref name="into"/>; on nonsense the reader has failed.</summary>
    public static void Read(ref ByteReader reader, Span<long> into)
    {
        if (into.IsEmpty) return;
        var (head, parameter) = (reader.Byte(), reader.Byte());
        var (order, coding) = (head & 3, head >> 2);
        if (order > 2 || coding > Sparse || parameter > (coding == Fixed ? 64 : 62) || into.Length <= order) reader.Fail();
        var (start, step) = (order > 0 ? ByteReader.UnZigZag(reader.Varint()) : 0, order > 1 ? ByteReader.UnZigZag(reader.Varint()) : 0);
        var floor = coding == Fixed ? ByteReader.UnZigZag(reader.Varint()) : 0;
        if (reader.Failed) return;
        var bits = new BitReader(reader.Rest);
        var rest = into[order..];
        switch (coding)
        {
            case Fixed when parameter == 0:
                rest.Fill(floor);
                break;
            case Fixed:
                for (var i = 0; i < rest.Length; i++) rest[i] = unchecked(floor + (long)bits.Get(parameter));
                break;
            case Rice:
                for (var i = 0; i < rest.Length && !bits.Failed; i++) rest[i] = ByteReader.UnZigZag(GetRice(ref bits, parameter));
                break;
            default:
                for (var i = 0; i < rest.Length && !bits.Failed; i++) rest[i] = bits.Get(1) == 0 ? 0 : ByteReader.UnZigZag(unchecked(GetRice(ref bits, parameter) + 1));
                break;
        }
        if (bits.Failed) reader.Fail();
        reader.Bytes(bits.BytesUsed);
        if (order == 0) return;
        into[0] = start;
        if (order == 1)
        {
            for (var i = 1; i < into.Length; i++) into[i] = unchecked(into[i - 1] + into[i]);
            return;
        }
        into[1] = unchecked(start + step);
        for (var i = 2; i < into.Length; i++)
        {
            step = unchecked(step + into[i]);
            into[i] = unchecked(into[i - 1] + step);
        }
    }

    private static Plan Weigh(ReadOnlySpan<long> rest, int order, int head)
    {
        var (low, high, zeros) = (long.MaxValue, long.MinValue, 0);
        double sum = 0;
        foreach (var value in rest)
        {
            low = Math.Min(low, value);
            high = Math.Max(high, value);
            if (value == 0) zeros++;
            sum += ByteWriter.ZigZag(value);
        }
        var width = 64 - BitOperations.LeadingZeroCount((ulong)unchecked(high - low));
        var best = new Plan(order, Fixed, width, low, ((long)width * rest.Length) + head + Length(low));
        if (width < 2) return best;
        var k = Parameter(sum / rest.Length);
        var (cost, next) = (RiceBits(rest, k), RiceBits(rest, k + 1));
        if (next < cost) (cost, k) = (next, k + 1);
        if (cost + head < best.Bits) best = new Plan(order, Rice, k, 0, cost + head);
        if (zeros * 2 <= rest.Length) return best;
        k = Parameter((sum - (rest.Length - zeros)) / (rest.Length - zeros));
        cost = rest.Length + head;
        foreach (var value in rest) cost += value == 0 ? 0 : RiceBits(ByteWriter.ZigZag(value) - 1, k);
        return cost < best.Bits ? new Plan(order, Sparse, k, 0, cost) : best;
    }

    private static int Parameter(double mean) => mean * 0.69 < 1 ? 0 : Math.Min((int)Math.Log2(mean * 0.69), 61);

    private static long RiceBits(ReadOnlySpan<long> rest, int k)
    {
        long bits = 0;
        foreach (var value in rest) bits += RiceBits(ByteWriter.ZigZag(value), k);
        return bits;
    }

    private static int RiceBits(ulong value, int k) => value >> k is var quotient && quotient < Escape ? (int)quotient + 1 + k : Escape + 6 + 64 - BitOperations.LeadingZeroCount(value);

    private static void PutRice(ref BitWriter bits, ulong value, int k)
    {
        var quotient = value >> k;
        if (quotient < Escape)
        {
            bits.Put((1UL << (int)quotient) - 1, (int)quotient + 1);
            bits.Put(value, k);
            return;
        }
        var length = 64 - BitOperations.LeadingZeroCount(value);
        bits.Put((1UL << Escape) - 1, Escape);
        bits.Put((ulong)(length - 1), 6);
        bits.Put(value, length);
    }

    private static ulong GetRice(ref BitReader bits, int k)
    {
        var quotient = bits.Ones(Escape);
        return quotient < Escape ? ((ulong)quotient << k) | bits.Get(k) : bits.Get((int)bits.Get(6) + 1);
    }

    private static ReadOnlySpan<long> Difference(ReadOnlySpan<long> values, Span<long> into)
    {
        for (var i = 0; i < into.Length; i++) into[i] = unchecked(values[i + 1] - values[i]);
        return into;
    }

    private static int Length(long value) => 8 * ((64 - BitOperations.LeadingZeroCount(ByteWriter.ZigZag(value) | 1) + 6) / 7);
}
