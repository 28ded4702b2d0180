using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>What one thread reads the journal with: a buffer and a message over it, used again and again. A catch-up may look up single messages meanwhile, so there are two a thread.</summary>
internal sealed class JournalReader
{
    [ThreadStatic]
    private static JournalReader? _catchUp;

    [ThreadStatic]
    private static JournalReader? _single;

    public LogChunk Chunk { get; } = new();

    public JournalMessage Message { get; } = JournalMessage.View();

    /// <summary>This thread's reader for a feed's catch-up.</summary>
    public static JournalReader CatchUp => _catchUp ??= new JournalReader();

    /// <summary>The message at a position, good until this thread asks for the next; null when it is no longer there.</summary>
    public static JournalMessage? ReadOne(AppendLog journal, long position)
    {
        const int First = 4096;
        var reader = _single ??= new JournalReader();
        if (journal.Read(position, reader.Chunk, First) == 0) return null;
        foreach (var log in reader.Chunk) return log.Position == position && reader.Message.TryLoad(log) ? reader.Message : null;
        return null;
    }
}
