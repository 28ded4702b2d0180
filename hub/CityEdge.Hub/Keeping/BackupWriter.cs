using System.Formats.Tar;
using System.IO.Compression;
using System.Reflection;
using System.Text.Json;
using CityEdge.Hub.Api;

namespace CityEdge.Hub.Keeping;

/// <summary>Writes the archive: gzip of tar, each file of the data directory, at last the manifest.</summary>
internal sealed class BackupWriter(Stream output, DateTimeOffset now) : IAsyncDisposable
{
    private const int BufferBytes = 128 << 10;
    private readonly GZipStream zip = new(output, CompressionLevel.Fastest, leaveOpen: true);
    private readonly List<BackupFile> files = [];
    private TarWriter? tar;

    private TarWriter Tar => tar ??= new TarWriter(zip, TarEntryFormat.Pax, leaveOpen: true);

    /// <summary>Adds a file as the data directory's <paramref name="path"/>; the first <paramref name="used"/> bytes are copied, all of them when it is null.</summary>
    public async Task AddAsync(string path, string source, CancellationToken ct, long? used = null, long? full = null)
    {
        await using var file = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferBytes);
        var length = used ?? file.Length;
        var mode = File.GetUnixFileMode(file.SafeFileHandle);
        await using var part = new MeasuredPart(file, length);
        await Tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = part, Mode = mode, ModificationTime = now }, ct);
        files.Add(new BackupFile(path, length, full ?? length, part.Sha256, mode));
    }

    /// <summary>Ends the archive; without this it is recognised as cut short.</summary>
    public async Task FinishAsync(long journalEnd, CancellationToken ct)
    {
        var version = typeof(BackupWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        using var json = new MemoryStream();
        await JsonSerializer.SerializeAsync(json, new BackupManifest(BackupManifest.CurrentFormat, now, version, journalEnd, files), HubJson.Options, ct);
        json.Position = 0;
        await Tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, BackupManifest.EntryName) { DataStream = json, ModificationTime = now }, ct);
        await Tar.DisposeAsync();
        await zip.DisposeAsync();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // Not finished: the archive's end would make it look whole.
        if (tar is not null) await tar.DisposeAsync();
        await zip.DisposeAsync();
    }
}
