using System.Security.Cryptography;
using System.Text;

namespace CityEdge.Adapters;

/// <summary>Progress as one small file an adapter: written beside, flushed, renamed over. The agent puts it into the spool directory.</summary>
public sealed class FileAdapterProgress(string directory) : IAdapterProgress
{
    /// <inheritdoc />
    public async ValueTask<string?> LoadAsync(string adapterId, CancellationToken cancellation)
    {
        try
        {
            return await File.ReadAllTextAsync(PathOf(adapterId), cancellation);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc />
    public async ValueTask SaveAsync(string adapterId, string value, CancellationToken cancellation)
    {
        Directory.CreateDirectory(directory);
        var path = PathOf(adapterId);
        await using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(value), cancellation);
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path, overwrite: true);
    }

    // Ids are free text in the configuration; only harmless ones name a file as they are.
    private string PathOf(string adapterId)
    {
        var isPlain = adapterId.Length is > 0 and <= 64 && adapterId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
        return Path.Combine(directory, $"adapter-{(isPlain ? adapterId : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(adapterId)))[..32])}.progress");
    }
}
