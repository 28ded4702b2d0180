using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary>What the hub answered.</summary>
public sealed record Answer(HttpStatusCode Status, JsonElement Body, string Text, HttpResponseHeaders Headers, string? MediaType)
{
    public static async Task<Answer> OfAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        var type = response.Content.Headers.ContentType?.MediaType;
        var json = type is not null && (type.EndsWith("/json", StringComparison.Ordinal) || type.EndsWith("+json", StringComparison.Ordinal)) && text.Length > 0 ? JsonSerializer.Deserialize<JsonElement>(text) : default;
        return new Answer(response.StatusCode, json, text, response.Headers, type);
    }

    public JsonElement this[string name] => Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(name, out var value) ? value : throw new Xunit.Sdk.XunitException($"No '{name}' in {(int)Status} {Text}");

    /// <summary>The expected status, or a failure with the body.</summary>
    public Answer Is(HttpStatusCode expected)
    {
        Assert.True(Status == expected, $"Expected {(int)expected}, got {(int)Status}: {Text}");
        return this;
    }

    /// <summary>A problem (RFC 9457) of this status whose text has each of the words.</summary>
    public Answer IsProblem(HttpStatusCode expected, params string[] words)
    {
        Is(expected);
        Assert.Equal("application/problem+json", MediaType);
        Assert.Equal((int)expected, this["status"].GetInt32());
        Assert.NotEqual("", this["title"].GetString());
        foreach (var word in words) Assert.Contains(word, Text, StringComparison.Ordinal);
        return this;
    }

    /// <summary>The 'errors' of a 422, as (line, key, message).</summary>
    public List<(int Line, string Key, string Message)> Errors()
    {
        IsProblem(HttpStatusCode.UnprocessableEntity);
        return this["errors"].EnumerateArray().Select(e => (e.GetProperty("line").GetInt32(), e.GetProperty("key").GetString()!, e.GetProperty("message").GetString()!)).ToList();
    }
}
