using Microsoft.AspNetCore.Http.Metadata;

namespace CityEdge.Hub.Api;

/// <summary>Bodies that are files: larger than the 1 MiB that all others may have, by an amount that the endpoint states.</summary>
public static class RequestText
{
    /// <summary>Lets the endpoint take bodies of up to <paramref name="maxBytes"/>; larger ones are answered 413.</summary>
    public static RouteHandlerBuilder TakesUpTo(this RouteHandlerBuilder endpoint, long maxBytes) => endpoint.WithMetadata(new Limit(maxBytes));

    /// <summary>The body as UTF-8 text.</summary>
    public static async Task<string> ReadTextAsync(this HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        return await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
    }

    private sealed class Limit(long maxBytes) : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize { get; } = maxBytes;
    }
}
