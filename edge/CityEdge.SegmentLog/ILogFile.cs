namespace CityEdge.SegmentLog;

/// <summary>One open file of an <see cref="ILogFiles"/>. Reads and writes at offsets; safe for use by several threads.</summary>
public interface ILogFile : IDisposable
{
    /// <summary>Length, bytes.</summary>
    long Length { get; }

    /// <summary>Reads up to the span's length; 0 at the end of the file.</summary>
    int Read(Span<byte> into, long offset);

    /// <summary>Writes all of the span, growing the file if need be. Not durable before <see cref="Flush"/>.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Returns when all that was written is on stable storage; throws if that is not certain.</summary>
    void Flush();
}
