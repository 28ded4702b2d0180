using System.Globalization;

namespace CityEdge.Adapters;

/// <summary>Reads attributes of sysfs: short files that a driver answers, or fails to, at the moment of reading.</summary>
internal static class SysfsFile
{
    private const int MaxBytes = 4096;

    /// <summary>The text; null when there is no such attribute.</summary>
    /// <exception cref="IOException">The driver answered with an error (a sensor that does not respond).</exception>
    public static string? Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            Span<byte> buffer = stackalloc byte[MaxBytes];
            var length = 0;
            while (length < MaxBytes && file.Read(buffer[length..]) is var read and > 0) length += read;
            return System.Text.Encoding.UTF8.GetString(buffer[..length]).TrimEnd();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A number; null when there is no such attribute or it is no number.</summary>
    public static double? Number(string path) =>
        Read(path) is { } text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Folders in a folder, by name; empty when it does not exist.</summary>
    public static IReadOnlyList<string> Folders(string path) =>
        Directory.Exists(path) ? [.. Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal)] : [];
}
