using System.Buffers;

namespace CityEdge.Mqtt.Tests.Codec;

/// <summary>A byte sequence in random pieces, some of them empty, as a pipe may hold it.</summary>
internal sealed class Segments : ReadOnlySequenceSegment<byte>
{
    public static ReadOnlySequence<byte> Cut(byte[] bytes, Random random)
    {
        var first = new Segments { Memory = ReadOnlyMemory<byte>.Empty };
        var last = first;
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(random.Next(0, 6), bytes.Length - at);
            var next = new Segments { Memory = bytes.AsMemory(at, length), RunningIndex = last.RunningIndex + last.Memory.Length };
            last.Next = next;
            last = next;
            at += length;
        }
        return new(first, 0, last, last.Memory.Length);
    }
}
