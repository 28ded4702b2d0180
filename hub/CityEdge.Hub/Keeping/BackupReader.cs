using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using CityEdge.Hub.Api;

namespace CityEdge.Hub.Keeping;

/// <summary>Reads an archive to its end and holds every file against the manifest; with a folder, writes the files there, durable.</summary>
internal static class BackupReader
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const long MaxManifestBytes = 256 << 20;

    /// <exception cref="InvalidDataException">The archive is cut short, damaged, of a newer format, or no backup.</exception>
    public static async Task<BackupManifest> ReadAsync(string archive, string? into, Action<long> progress, CancellationToken ct)
    {
        await using var file = new FileStream(archive, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        await using var zip = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(zip);
        var seen = new Dictionary<string, (long Bytes, string Sha256)>(StringComparer.Ordinal);
        try
        {
            while (await tar.GetNextEntryAsync(copyData: false, ct) is { } entry)
            {
                if (entry.EntryType != TarEntryType.RegularFile || !IsInside(entry.Name)) throw new InvalidDataException($"{archive}: '{entry.Name}' does not belong into a backup; nothing of it was used.");
                var content = entry.DataStream ?? Stream.Null;
                if (entry.Name == BackupManifest.EntryName) return await CheckAsync(archive, content, entry.Length, seen, into, ct);
                if (!seen.TryAdd(entry.Name, await CopyAsync(content, into is null ? null : Path.Combine(into, entry.Name), ct))) throw new InvalidDataException($"{archive}: '{entry.Name}' is in it twice.");
                progress(file.Position);
            }
        }
        catch (Exception error) when (error is EndOfStreamException or FormatException || (error is InvalidDataException && !error.Message.StartsWith(archive, StringComparison.Ordinal)))
        {
            throw new InvalidDataException($"{archive}: it cannot be read to its end ({error.Message}); it is damaged or no backup. Use another.", error);
        }
        throw new InvalidDataException($"{archive}: it is cut short, its manifest is missing. Use another, or make it again.");
    }

    private static bool IsInside(string name) => name.Length > 0 && name[0] != '/' && name.Split('/').All(p => p is not ("" or "." or "..")) && !name.Contains('\\') && !name.Contains('\0');

    private static async Task<(long Bytes, string Sha256)> CopyAsync(Stream content, string? target, CancellationToken ct)
    {
        if (target is not null) Directory.CreateDirectory(Path.GetDirectoryName(target)!, OwnerOnly);
        await using var output = target is null ? null : new FileStream(target, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, BufferSize = 0 });
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 << 10];
        long bytes = 0;
        for (int read; (read = await content.ReadAsync(buffer, ct)) > 0; bytes += read)
        {
            hash.AppendData(buffer, 0, read);
            if (output is not null) await output.WriteAsync(buffer.AsMemory(0, read), ct);
        }
        output?.Flush(flushToDisk: true);
        return (bytes, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    private static async Task<BackupManifest> CheckAsync(string archive, Stream content, long length, Dictionary<string, (long Bytes, string Sha256)> seen, string? into, CancellationToken ct)
    {
        if (length > MaxManifestBytes) throw new InvalidDataException($"{archive}: its manifest has {length} bytes.");
        BackupManifest manifest;
        try
        {
            manifest = await JsonSerializer.DeserializeAsync<BackupManifest>(content, HubJson.Options, ct) ?? throw new JsonException("It is empty.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{archive}: its manifest cannot be read: {error.Message}", error);
        }
        if (manifest.Format != BackupManifest.CurrentFormat) throw new InvalidDataException($"{archive}: it has format {manifest.Format}, this program reads {BackupManifest.CurrentFormat}. Use the version that wrote it ({manifest.Version}), or a newer one.");
        foreach (var file in manifest.Files)
        {
            if (!seen.Remove(file.Path, out var found)) throw new InvalidDataException($"{archive}: '{file.Path}' is missing in it.");
            if (found != (file.Bytes, file.Sha256) || file.FullBytes < file.Bytes) throw new InvalidDataException($"{archive}: '{file.Path}' is damaged (its sum differs).");
            if (into is not null) Complete(Path.Combine(into, file.Path), file);
        }
        if (seen.Count > 0) throw new InvalidDataException($"{archive}: '{seen.Keys.First()}' is not in its manifest.");
        return manifest;
    }

    private static void Complete(string path, BackupFile file)
    {
        // Real zeros, not a hole: the journal counts on the blocks being there.
        if (file.FullBytes > file.Bytes)
        {
            using var output = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None, 0);
            var zeros = new byte[1 << 20];
            for (var left = file.FullBytes - file.Bytes; left > 0; left -= zeros.Length) output.Write(zeros, 0, (int)Math.Min(zeros.Length, left));
            output.Flush(flushToDisk: true);
        }
        File.SetUnixFileMode(path, file.Mode & (UnixFileMode)0x1FF);
    }
}
