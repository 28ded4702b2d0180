namespace CityEdge.Tests.Servers;

/// <summary>A file system of a few megabytes (tmpfs) that a test can fill and free again. Needs the right to mount, which <c>tests/run.sh</c> has: without it the test fails.</summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private const string Ballast = "ballast";
    private readonly TemporaryFolder mountPoint = new();
    private bool mounted;

    private SmallDisk()
    {
    }

    public string Path => mountPoint.Path;

    /// <summary>A path on it.</summary>
    public string this[string name] => mountPoint[name];

    public static async Task<SmallDisk> MountAsync(long bytes)
    {
        var disk = new SmallDisk();
        try
        {
            await RunAsync("mount", "-t", "tmpfs", "-o", $"size={bytes},mode=0700", "cityedge-test", disk.Path);
            disk.mounted = true;
            return disk;
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives it another size; it may not be smaller than what is on it.</summary>
    public Task ResizeAsync(long bytes) => RunAsync("mount", "-o", $"remount,size={bytes}", Path);

    /// <summary>Bytes that are free now.</summary>
    public long Free => new DriveInfo(Path).AvailableFreeSpace;

    /// <summary>Fills it but for <paramref name="leave"/> bytes with a file of no use.</summary>
    public void Fill(long leave = 0)
    {
        using var file = new FileStream(this[Ballast], FileMode.Append);
        var block = new byte[4096];
        try
        {
            while (Free > leave) file.Write(block);
            file.Flush();
        }
        catch (IOException)
        {
            // Full: as wanted.
        }
    }

    /// <summary>Takes away what <see cref="Fill"/> has put there.</summary>
    public void Empty() => File.Delete(this[Ballast]);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        await using var child = new ChildProcess($"/usr/bin/{program}", arguments);
        var code = await child.WaitForExitAsync(TimeSpan.FromSeconds(10));
        if (code != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {code}: {child.Errors} This test needs the right to mount: run as root.");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // Lazily: a program that has just been killed may hold it for a moment longer.
        if (mounted) await RunAsync("umount", "-l", Path);
        mountPoint.Dispose();
    }
}
