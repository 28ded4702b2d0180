using CityEdge.Hub.Hosting;
using CityEdge.Hub.Keeping;
using CityEdge.Hub.Security;

namespace CityEdge.Hub.Api;

/// <summary><c>GET /api/v1/backup</c>: the whole data directory as one archive, while the hub goes on.</summary>
public static class BackupApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var one = new SemaphoreSlim(1);
        api.MapGet("/backup", async (HubState state, TimeProvider time, CancellationToken ct) =>
        {
            if (!await one.WaitAsync(TimeSpan.Zero, ct)) return Problems.Conflict("A backup is under way. Wait until it has ended.");
            var now = time.GetUtcNow();
            return Results.Stream(
                async body =>
                {
                    try
                    {
                        // The headers at once: the first database may be long in coming.
                        await body.FlushAsync(ct);
                        await DataBackup.WriteAsync(state, body, now, ct);
                    }
                    finally
                    {
                        one.Release();
                    }
                },
                "application/gzip",
                $"cityedge-backup-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}.tar.gz");
        }).RequireRole("admin").WithSummary("A consistent copy of the whole data directory, keys included, as gzip of tar; see 'cityedge-hub restore'.");
    }
}
