using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>The disk, with a flush that can be made to hang: what is written meanwhile is not durable.</summary>
public sealed class GatedFiles : ILogFiles
{
    private readonly ILogFiles _disk = DiskLogFiles.Instance;
    private readonly ManualResetEventSlim _open = new(true);

    /// <summary>From now on the disk fails each flush.</summary>
    public bool Broken { get; set; }

    public void HoldFlushes() => _open.Reset();

    public void LetFlushesGo() => _open.Set();

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public ILogFile Open(string path, bool create) => new GatedFile(_disk.Open(path, create), this);

    public ILogFile OpenRead(string path) => _disk.OpenRead(path);

    public void Rename(string from, string to) => _disk.Rename(from, to);

    public void Delete(string path) => _disk.Delete(path);

    public void FlushDirectory(string path) => _disk.FlushDirectory(path);

    public IDisposable Lock(string directory) => _disk.Lock(directory);

    private sealed class GatedFile(ILogFile file, GatedFiles gate) : ILogFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> into, long offset) => file.Read(into, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => file.Write(bytes, offset);

        public void Flush()
        {
            gate._open.Wait();
            if (gate.Broken) throw new IOException("the disk is broken");
            file.Flush();
        }

        public void Dispose() => file.Dispose();
    }
}
