using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace CityEdge.Edge;

/// <summary>
/// Fetches the device's own token for its one-time code (<c>POST /api/v1/claim</c>), so that no token is carried by hand. A code is good once: the file for the token is opened
/// first, so that no code is used up for a token that cannot be kept.
/// </summary>
public static class TokenClaim
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromMinutes(1);

    /// <summary>One try; the token, which is then in its file too.</summary>
    /// <exception cref="ClaimException">There is no token; the message says why and what to do.</exception>
    /// <exception cref="IOException">The token's file cannot be written; the code is still good.</exception>
    public static async Task<string> ClaimAsync(ClaimRequest request, CancellationToken cancellation)
    {
        var next = request.TokenFile + ".new";
        File.Delete(next);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            string token;
            await using (var file = new FileStream(next, options))
            {
                token = await FetchAsync(request, cancellation).ConfigureAwait(false);
                file.Write(Encoding.UTF8.GetBytes(token + "\n"));
                file.Flush(flushToDisk: true);
            }
            File.Move(next, request.TokenFile, overwrite: true);
            return token;
        }
        finally
        {
            File.Delete(next);
        }
    }

    /// <summary>Tries until there is a token, the code is refused, or it is cancelled. For an agent that starts before the hub does.</summary>
    public static async Task<string> ClaimUntilAsync(ClaimRequest request, TimeProvider clock, ILogger logger, CancellationToken cancellation)
    {
        var wait = TimeSpan.FromSeconds(1);
        while (true)
        {
            try
            {
                var token = await ClaimAsync(request, cancellation).ConfigureAwait(false);
                logger.LogInformation("The token of {Identity} was claimed and is in {File}", request.Identity, request.TokenFile);
                return token;
            }
            catch (ClaimException e) when (!e.Final)
            {
                wait = e.RetryAfter > wait ? e.RetryAfter : wait;
                logger.LogWarning("No token yet: {Reason} Next try in {Seconds} s", e.Message, (int)wait.TotalSeconds);
            }
            await Task.Delay(wait, clock, cancellation).ConfigureAwait(false);
            wait = wait * 2 < MaxBackoff ? wait * 2 : MaxBackoff;
        }
    }

    private static async Task<string> FetchAsync(ClaimRequest request, CancellationToken cancellation)
    {
        using var http = new HttpClient(Handler(request.CaFile)) { BaseAddress = request.Hub, Timeout = Timeout };
        try
        {
            using var answer = await http.PostAsJsonAsync("/api/v1/claim", new { id = request.Identity, code = request.Code.Trim() }, cancellation).ConfigureAwait(false);
            var text = await answer.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
            var body = Parse(text);
            if (answer.IsSuccessStatusCode && body?["token"] is JsonValue token && token.TryGetValue<string>(out var value) && value.Length > 0) return value;
            var detail = body?["detail"] is JsonValue said && said.TryGetValue<string>(out var why) ? why : $"it answered {(int)answer.StatusCode}, which is no answer to a claim; is this the address of the hub's API?";
            var final = answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest;
            throw new ClaimException($"{request.Hub}: {detail}", final, answer.Headers.RetryAfter?.Delta ?? TimeSpan.Zero);
        }
        catch (HttpRequestException e)
        {
            var reason = e.InnerException is System.Security.Authentication.AuthenticationException tls ? $"{tls.Message} Give the authority of its certificate with ca_file, or --ca-file." : e.Message;
            throw new ClaimException($"{request.Hub}: {reason}", final: false, inner: e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new ClaimException($"{request.Hub}: no answer within {Timeout.TotalSeconds} s.", final: false, inner: e);
        }
    }

    private static SocketsHttpHandler Handler(string? caFile)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        if (caFile is null) return handler;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(caFile);
        }
        catch (System.Security.Cryptography.CryptographicException e)
        {
            throw new IOException($"{caFile}: {e.Message}", e);
        }
        if (policy.CustomTrustStore.Count == 0) throw new IOException($"{caFile}: no certificate in it; give the PEM file of the authority that signed the hub's certificate");
        handler.SslOptions.CertificateChainPolicy = policy;
        return handler;
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            // A page of something else that listens there.
            return null;
        }
    }
}
