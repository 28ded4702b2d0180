using System.Security.Cryptography;
using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Api;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Complaints;

/// <summary>
/// From what was sent to what the ticket room takes in. Complaints go the way of ticket commands, straight into its one writer, not through the journal: they move no rule, and a journal cannot forget a
/// telephone number.
/// </summary>
public sealed class ComplaintIntake(EngineReader engine, HubOptions options, TimeProvider time)
{
    /// <summary>The complaint, found on the map. It must have passed <see cref="ComplaintCheck"/>.</summary>
    public ComplaintInput Read(ComplaintBody body, CityPlaces places, string actor, string? idempotencyKey = null)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var at = Math.Min(body.At?.ToUnixTimeMilliseconds() ?? now, now);
        var place = places.Of(body.Asset, body.Lat, body.Long, body.Address);
        var reporter = body.Reporter is { } who && (Text(who.Name) ?? Text(who.Phone)) is not null ? new Reporter(Text(who.Name), Text(who.Phone)) : null;
        return new ComplaintInput
        {
            Id = "c-" + RandomNumberGenerator.GetHexString(20, lowercase: true),
            Channel = body.Channel!,
            ExternalId = body.ExternalId,
            Kind = body.Kind ?? ComplaintKind.Complaint,
            Category = body.Category!,
            Text = body.Text!,
            Site = places.SiteOf(place),
            Place = place,
            Address = Text(body.Address),
            AtMs = at,
            NowMs = now,
            Actor = actor,
            Reporter = reporter,
            Title = TitleOf(body.Category!),
            // As with late readings: yesterday's news sends no crew.
            IsNews = options.MaxAge is not { } oldest || now - at <= oldest.TotalMilliseconds,
            ClockOf = point => engine.EventNow(point, now),
            IdempotencyKey = idempotencyKey,
            Request = idempotencyKey is null ? default : SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(body, HubJson.Options)),
        };
    }

    /// <summary>The title of the rule that watches for such things, else the category; never what the resident said.</summary>
    private LocalizedText TitleOf(string category)
    {
        var rule = engine.TitleOf(category);
        return rule is null ? new LocalizedText($"居民反映：{category}", $"Reported: {category}") : new LocalizedText($"居民反映：{rule.Zh}", $"Reported: {rule.En}");
    }

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
