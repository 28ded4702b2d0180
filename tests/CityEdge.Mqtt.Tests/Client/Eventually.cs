namespace CityEdge.Mqtt.Tests.Client;

/// <summary>Waits on conditions with a named time-out.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<T> Within<T>(this Task<T> task, string what)
    {
        try
        {
            return await task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{what}: not within {Patience.TotalSeconds} s");
        }
    }

    public static async Task Within(this Task task, string what) => await task.ContinueWith(static t => { t.GetAwaiter().GetResult(); return true; }, TaskScheduler.Default).Within(what);
}
