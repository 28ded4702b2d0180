using System.Security.Cryptography;
using CityEdge.SegmentLog;

namespace CityEdge.Edge;

/// <summary>The small files of the rules, in <c>rules/</c> beside the spool's segments: each is replaced as a whole or not at all, and is on disk when <see cref="Write"/> returns.</summary>
internal sealed class RuleFolder(string spoolDirectory, ILogFiles? files = null)
{
    /// <summary>The desired configuration in force.</summary>
    public const string Config = "config.json";

    /// <summary>The last desired configuration that could not be read, as it came.</summary>
    public const string Refused = "refused";

    /// <summary>State of the engine.</summary>
    public const string State = "state";

    /// <summary>Open alarms, for programs of the same machine.</summary>
    public const string Alarms = "alarms.json";

    private const int HashLength = 16;
    private readonly ILogFiles files = files ?? DiskLogFiles.Instance;
    private readonly string folder = Path.Combine(spoolDirectory, "rules");

    private static ReadOnlySpan<byte> Magic => "CEdgeRul"u8;

    /// <summary>The whole file; null when there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public byte[]? Read(string name)
    {
        if (!files.List(folder).Contains(name)) return null;
        using var file = files.OpenRead(Path.Combine(folder, name));
        var bytes = new byte[file.Length];
        for (var at = 0; at < bytes.Length;)
        {
            var read = file.Read(bytes.AsSpan(at), at);
            if (read == 0) return bytes[..at];
            at += read;
        }
        return bytes;
    }

    /// <summary>Replaces a file.</summary>
    /// <exception cref="IOException">It cannot be written: the one before stands.</exception>
    public void Write(string name, ReadOnlySpan<byte> bytes)
    {
        files.CreateDirectory(folder);
        var path = Path.Combine(folder, name);
        using (var file = files.Open(path + ".new", create: true))
        {
            file.Write(bytes, 0);
            file.Flush();
        }
        files.Rename(path + ".new", path);
        files.FlushDirectory(folder);
    }

    /// <summary>Removes a file; nothing when there is none.</summary>
    public void Delete(string name)
    {
        if (files.List(folder).Contains(name)) files.Delete(Path.Combine(folder, name));
    }

    /// <summary>Replaces a file by one with a check sum.</summary>
    public void WriteSealed(string name, ReadOnlySpan<byte> body)
    {
        var whole = new byte[Magic.Length + body.Length + HashLength];
        Magic.CopyTo(whole);
        body.CopyTo(whole.AsSpan(Magic.Length));
        SHA256.HashData(whole.AsSpan(0, Magic.Length + body.Length)).AsSpan(0, HashLength).CopyTo(whole.AsSpan(Magic.Length + body.Length));
        Write(name, whole);
    }

    /// <summary>The body of a file with a check sum; null when there is none. <paramref name="damaged"/>: there is one, and its sum does not fit.</summary>
    public byte[]? ReadSealed(string name, out bool damaged)
    {
        damaged = false;
        if (Read(name) is not { } whole) return null;
        damaged = whole.Length < Magic.Length + HashLength || !whole.AsSpan().StartsWith(Magic) || !SHA256.HashData(whole.AsSpan(0, whole.Length - HashLength)).AsSpan(0, HashLength).SequenceEqual(whole.AsSpan(whole.Length - HashLength));
        return damaged ? null : whole[Magic.Length..^HashLength];
    }
}
