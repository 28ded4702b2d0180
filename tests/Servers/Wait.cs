namespace CityEdge.Tests.Servers;

/// <summary>Waiting for a condition of another process, with a name and a time-out.</summary>
public static class Wait
{
    /// <summary>Polls until <paramref name="check"/> gives a result that is not null.</summary>
    /// <exception cref="TimeoutException">Names what was waited for and what was seen last.</exception>
    public static async Task<T> ForAsync<T>(string what, Func<Task<T?>> check, TimeSpan timeout, Func<string>? seen = null)
    {
        var clock = TimeProvider.System;
        var start = clock.GetTimestamp();
        Exception? last = null;
        while (clock.GetElapsedTime(start) < timeout)
        {
            try
            {
                if (await check() is { } result) return result;
                last = null;
            }
            catch (HttpRequestException error)
            {
                last = error;
            }
            using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            await pause.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
        throw new TimeoutException($"Waited {timeout.TotalSeconds} s for {what}. {last?.Message} {seen?.Invoke()}");
    }

    /// <inheritdoc cref="ForAsync{T}" />
    public static Task UntilAsync(string what, Func<Task<bool>> check, TimeSpan timeout, Func<string>? seen = null) =>
        ForAsync(what, async () => await check() ? Yes : null, timeout, seen);

    private const string Yes = "true";
}
