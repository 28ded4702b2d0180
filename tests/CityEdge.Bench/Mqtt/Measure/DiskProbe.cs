using System.Diagnostics;
using System.Runtime.InteropServices;
using CityEdge.Bench.Mqtt.Net;

namespace CityEdge.Bench.Mqtt.Measure;

/// <summary>What a flush costs on the disk of the journal just now: 4 KiB pwrite and fdatasync in a preallocated file.</summary>
internal sealed unsafe class DiskProbe : IDisposable
{
    private const int Block = 4096;
    private const long FileBytes = 8 << 20;
    private readonly int fd;
    private readonly byte* block;
    private readonly LatencyHistogram all = new();
    private long offset;

    public DiskProbe(string folder)
    {
        const int CreateReadWrite = 0x42;
        fd = Native.Open(Path.Combine(folder, "disk-probe"), CreateReadWrite, 0x180);
        if (fd < 0) throw Native.Error($"open disk-probe in {folder}");
        block = (byte*)NativeMemory.AllocZeroed(Block);
        // Written once: blocks that are only reserved would cost a change of the file's map with each flush.
        for (long at = 0; at < FileBytes; at += Block)
        {
            if (Native.Write(fd, block, Block, at) != Block) throw Native.Error("pwrite");
        }
        if (Native.Flush(fd) != 0) throw Native.Error("fdatasync");
    }

    /// <summary>All measured so far.</summary>
    public Latencies Flushes => all.Summary();

    /// <summary>Measures a number of flushes, one after the other.</summary>
    public Latencies Measure(int times)
    {
        var own = new LatencyHistogram();
        for (var i = 0; i < times; i++)
        {
            var began = Stopwatch.GetTimestamp();
            if (Native.Write(fd, block, Block, offset) != Block) throw Native.Error("pwrite");
            if (Native.Flush(fd) != 0) throw Native.Error("fdatasync");
            var took = Stopwatch.GetTimestamp() - began;
            own.Add(took);
            all.Add(took);
            offset = (offset + Block) % FileBytes;
        }
        return own.Summary();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _ = Native.Close(fd);
        NativeMemory.Free(block);
    }
}
