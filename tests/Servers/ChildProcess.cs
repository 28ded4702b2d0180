using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace CityEdge.Tests.Servers;

/// <summary>A program that a test starts, watches and kills. Its output is kept for messages.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int Sigterm = 15;
    private const int Sigcont = 18;
    private const int Sigstop = 19;
    private readonly StringBuilder errors = new();
    private readonly ConcurrentQueue<string> lines = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource line = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ChildProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? input = null, bool keepInput = false)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = input is not null || keepInput, UseShellExecute = false };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        Process = new Process { StartInfo = start, EnableRaisingEvents = true };
        Process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is null) return;
            lines.Enqueue(e.Data);
            Interlocked.Exchange(ref line, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        };
        Process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is null) return;
            lock (errors)
            {
                if (errors.Length < 200_000) errors.AppendLine(e.Data);
            }
        };
        Process.Exited += (_, _) => ended.TrySetResult();
        Process.Start();
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
        if (input is not null)
        {
            Process.StandardInput.Write(input);
            if (!keepInput) Process.StandardInput.Close();
        }
    }

    public Process Process { get; }

    /// <summary>What it wrote to standard error so far.</summary>
    public string Errors
    {
        get { lock (errors) return errors.ToString(); }
    }

    /// <summary>Lines of standard output so far.</summary>
    public IReadOnlyCollection<string> Lines => lines;

    /// <summary>Whether it has ended; also true once disposed.</summary>
    public bool HasEnded => ended.Task.IsCompleted;

    public int ExitCode => Process.ExitCode;

    /// <summary>The first line of standard output that starts with <paramref name="prefix"/>.</summary>
    /// <exception cref="TimeoutException">It did not come in time, or the program ended; the message has its errors.</exception>
    public async Task<string> WaitForLineAsync(string prefix, TimeSpan timeout)
    {
        var deadline = Task.Delay(timeout, TimeProvider.System, CancellationToken.None);
        while (true)
        {
            var next = Volatile.Read(ref line).Task;
            if (lines.FirstOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal)) is { } found) return found;
            // Its last lines may still be on their way when it has ended.
            if (ended.Task.IsCompleted) await Process.WaitForExitAsync();
            if (ended.Task.IsCompleted && lines.FirstOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal)) is { } last) return last;
            if (deadline.IsCompleted || ended.Task.IsCompleted)
            {
                throw new TimeoutException($"{Process.StartInfo.FileName}: no line '{prefix}…' within {timeout.TotalSeconds} s{(ended.Task.IsCompleted ? $", it ended with {Process.ExitCode}" : "")}. It said:\n{string.Join('\n', lines)}\n{Errors}");
            }
            await Task.WhenAny(next, deadline, ended.Task);
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (!Process.HasExited) Process.Kill(entireProcessTree: true);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>SIGSTOP: it keeps its ports and answers nobody, until <see cref="Resume"/>.</summary>
    public void Pause() => _ = Kill(Process.Id, Sigstop);

    /// <summary>SIGCONT.</summary>
    public void Resume() => _ = Kill(Process.Id, Sigcont);

    /// <summary>SIGTERM, then the exit code.</summary>
    public async Task<int> StopAsync(TimeSpan timeout)
    {
        if (!Process.HasExited) _ = Kill(Process.Id, Sigterm);
        return await WaitForExitAsync(timeout);
    }

    public async Task<int> WaitForExitAsync(TimeSpan timeout)
    {
        try
        {
            await ended.Task.WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{Process.StartInfo.FileName} {string.Join(' ', Process.StartInfo.ArgumentList)} did not end within {timeout.TotalSeconds} s. It said:\n{string.Join('\n', lines.TakeLast(30))}\n{Errors}");
        }
        await Process.WaitForExitAsync();
        return Process.ExitCode;
    }

    /// <summary>Resident memory, bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            Process.Refresh();
            return Process.WorkingSet64;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Process.Dispose();
    }

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);
}
