using System.Numerics;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Numbers of a chunk, every bit kept, in the smallest of three ways: decimals of one scale (whole numbers, checked to give the same bits back); decimals and
/// how many units in the last place each number is off (sums and means of decimals); or the bits themselves, in an order in which near numbers are near,
/// without the low zeros they share (singles, powers of two). In the first two, numbers that do not fit stand aside with their 64 bits.
/// </summary>
internal sealed class NumberColumn(IntPacker packer)
{
    private const byte Decimals = 0;
    private const byte Nudged = 1;
    private const byte Bits = 2;
    private const byte HasAside = 0x40;
    private const int MaxNudge = 15;
    private const int Sample = 16;
    private long[] wholes = new long[128];
    private long[] nudges = new long[128];
    private long[] ordered = new long[128];
    private bool[] aside = new bool[128];

    public void Write(ByteWriter output, ReadOnlySpan<double> values)
    {
        if (wholes.Length < values.Length) (wholes, nudges, ordered, aside) = (new long[values.Length], new long[values.Length], new long[values.Length], new bool[values.Length]);
        var scale = ExactScale(values);
        var apart = scale < 0 ? values.Length : Scale(values, scale, nudge: false);
        var fits = values.Length - apart;
        var plan = packer.Choose(wholes.AsSpan(0, fits));
        // Nothing else is looked for where decimals do well.
        if (apart == 0 && plan.Bits <= 24L * values.Length)
        {
            WriteDecimals(output, values, Decimals, scale, 0, plan, default);
            return;
        }
        var cost = scale < 0 ? long.MaxValue : plan.Bits + Aside(values.Length, apart);
        var shift = Order(values);
        var bitsPlan = packer.Choose(ordered.AsSpan(0, values.Length));
        if (NudgedScale(values) is >= 0 and var nudgedScale)
        {
            var nudgedApart = Scale(values, nudgedScale, nudge: true);
            fits = values.Length - nudgedApart;
            var (whole, nudge) = (packer.Choose(wholes.AsSpan(0, fits)), packer.Choose(nudges.AsSpan(0, fits)));
            var nudgedCost = whole.Bits + nudge.Bits + Aside(values.Length, nudgedApart);
            if (nudgedCost < cost && nudgedCost < bitsPlan.Bits)
            {
                WriteDecimals(output, values, Nudged, nudgedScale, nudgedApart, whole, nudge);
                return;
            }
        }
        if (cost < bitsPlan.Bits)
        {
            apart = Scale(values, scale, nudge: false);
            WriteDecimals(output, values, Decimals, scale, apart, plan, default);
            return;
        }
        output.Byte(Bits);
        output.Byte((byte)shift);
        packer.Write(output, ordered.AsSpan(0, values.Length), bitsPlan);
    }

    public static void Read(ref ByteReader reader, Span<double> values, Span<long> scratch, Span<long> second)
    {
        var (mode, parameter) = (reader.Byte(), reader.Byte());
        if (mode == Bits)
        {
            if (parameter > 63) reader.Fail();
            if (reader.Failed) return;
            IntPacker.Read(ref reader, scratch[..values.Length]);
            for (var i = 0; i < values.Length; i++) values[i] = BitConverter.Int64BitsToDouble(Turn(scratch[i], parameter) << parameter);
            return;
        }
        var scale = parameter & 0x3f;
        if (mode > Nudged || scale > DecimalScale.Max || (parameter & 0x80) != 0) reader.Fail();
        if (reader.Failed) return;
        var apart = (parameter & HasAside) != 0 ? reader.Bytes((values.Length + 7) / 8) : default;
        var raw = 0;
        for (var i = 0; i < values.Length && !apart.IsEmpty; i++) raw += (apart[i >> 3] >> (i & 7)) & 1;
        var exact = new ByteReader(reader.Bytes(raw * 8));
        var fits = values.Length - raw;
        IntPacker.Read(ref reader, scratch[..fits]);
        if (mode == Nudged) IntPacker.Read(ref reader, second[..fits]);
        if (reader.Failed) return;
        var at = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (!apart.IsEmpty && ((apart[i >> 3] >> (i & 7)) & 1) != 0)
            {
                values[i] = BitConverter.Int64BitsToDouble(exact.Int64());
                continue;
            }
            var value = DecimalScale.ToDouble(scratch[at], scale);
            values[i] = mode == Nudged ? BitConverter.Int64BitsToDouble(unchecked(BitConverter.DoubleToInt64Bits(value) + second[at])) : value;
            at++;
        }
    }

    private void WriteDecimals(ByteWriter output, ReadOnlySpan<double> values, byte mode, int scale, int apart, in IntPacker.Plan whole, in IntPacker.Plan nudge)
    {
        output.Byte(mode);
        output.Byte((byte)(scale | (apart > 0 ? HasAside : 0)));
        if (apart > 0)
        {
            var bits = output.Take((values.Length + 7) / 8);
            bits.Clear();
            for (var i = 0; i < values.Length; i++)
            {
                if (aside[i]) bits[i >> 3] |= (byte)(1 << (i & 7));
            }
            for (var i = 0; i < values.Length; i++)
            {
                if (aside[i]) output.Int64(BitConverter.DoubleToInt64Bits(values[i]));
            }
        }
        packer.Write(output, wholes.AsSpan(0, values.Length - apart), whole);
        if (mode == Nudged) packer.Write(output, nudges.AsSpan(0, values.Length - apart), nudge);
    }

    /// <summary>Fills wholes, nudges and who stands aside; returns their number.</summary>
    private int Scale(ReadOnlySpan<double> values, int scale, bool nudge)
    {
        var fits = 0;
        for (var i = 0; i < values.Length; i++)
        {
            aside[i] = !(nudge ? TryNudge(values[i], scale, out wholes[fits], out nudges[fits]) : DecimalScale.TryScale(values[i], scale, out wholes[fits]));
            if (!aside[i]) fits++;
        }
        return values.Length - fits;
    }

    /// <summary>Places that the numbers need; -1 when most of the first ones are no decimals.</summary>
    private static int ExactScale(ReadOnlySpan<double> values)
    {
        var (scale, misses) = (0, 0);
        for (var i = 0; i < values.Length; i++)
        {
            if (DecimalScale.TryScale(values[i], scale, out _)) continue;
            if (i >= Sample && misses > 0 && misses * 4 > i) continue;
            var found = -1;
            for (var s = scale + 1; s <= DecimalScale.Max && found < 0; s++)
            {
                if (DecimalScale.TryScale(values[i], s, out _)) found = s;
            }
            if (found >= 0) scale = found;
            else misses++;
            if (i == Sample && misses * 2 > Sample) return -1;
        }
        return scale;
    }

    private static int NudgedScale(ReadOnlySpan<double> values)
    {
        var scale = 0;
        var step = Math.Max(1, values.Length / Sample);
        for (var i = 0; i < values.Length; i += step)
        {
            if (!double.IsFinite(values[i])) continue;
            while (!TryNudge(values[i], scale, out _, out _))
            {
                if (++scale > DecimalScale.Max) return -1;
            }
        }
        return scale;
    }

    private static bool TryNudge(double value, int scale, out long whole, out long nudge)
    {
        nudge = 0;
        if (!DecimalScale.TryRound(value, scale, out whole)) return false;
        nudge = unchecked(BitConverter.DoubleToInt64Bits(value) - BitConverter.DoubleToInt64Bits(DecimalScale.ToDouble(whole, scale)));
        return nudge is >= -MaxNudge and <= MaxNudge;
    }

    /// <summary>Fills the ordered bits without the low zeros that all share; returns their number.</summary>
    private int Order(ReadOnlySpan<double> values)
    {
        ulong any = 0;
        foreach (var value in values) any |= BitConverter.DoubleToUInt64Bits(value);
        var shift = any == 0 ? 0 : BitOperations.TrailingZeroCount(any);
        for (var i = 0; i < values.Length; i++) ordered[i] = Turn(BitConverter.DoubleToInt64Bits(values[i]) >> shift, shift);
        return shift;
    }

    /// <summary>Below zero a larger magnitude has larger bits: turned round, and back by the same step. -0 stays apart from 0.</summary>
    private static long Turn(long bits, int shift) => bits < 0 ? bits ^ unchecked((1L << (63 - shift)) - 1) : bits;

    private static long Aside(int count, int apart) => apart == 0 ? 0 : ((count + 7) / 8 * 8) + (apart * 64L);
}
