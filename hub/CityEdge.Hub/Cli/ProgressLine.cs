namespace CityEdge.Hub.Cli;

/// <summary>Says on a terminal, once a second, how far a command is.</summary>
internal sealed class ProgressLine(string name)
{
    private long last = TimeProvider.System.GetTimestamp();
    private bool said;

    public void Show(string what)
    {
        if (Console.IsErrorRedirected || TimeProvider.System.GetElapsedTime(last) < TimeSpan.FromSeconds(1)) return;
        last = TimeProvider.System.GetTimestamp();
        said = true;
        Console.Error.Write($"\r{name}: {what} ");
    }

    public void End()
    {
        if (said) Console.Error.WriteLine();
    }
}
