using System.Text.RegularExpressions;
using CityEdge.Hub.Api;
using CityEdge.Hub.Registry;

namespace CityEdge.Hub.Complaints;

/// <summary>What is wrong with a complaint before it is stored.</summary>
public static partial class ComplaintCheck
{
    /// <summary>Clocks of others may be so far ahead.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    /// <summary>Each error with the key that it is about and how to mend it; none when the complaint may be stored.</summary>
    public static IEnumerable<(string Key, string Message)> Errors(ComplaintBody body, HubRegistry registry, DateTimeOffset now)
    {
        if (body.Channel is null || !ChannelPattern().IsMatch(body.Channel)) yield return ("channel", $"channel is '{body.Channel}'; expected who took it in, such as hotline, kiosk or web: 1 to 64 of a-z 0-9 -");
        if (body.Category is null || !CategoryPattern().IsMatch(body.Category)) yield return ("category", $"category is '{body.Category}'; expected one as in the rules, such as heating.room: 1 to 64 of a-z 0-9 - and dots between");
        if (string.IsNullOrWhiteSpace(body.Text)) yield return ("text", "text is missing: what was said");
        else if (body.Text.Length > 4000) yield return ("text", $"text has {body.Text.Length} characters; at most 4000 fit");
        if (body.ExternalId is { Length: 0 or > 200 }) yield return ("external_id", $"external_id has {body.ExternalId.Length} characters; expected 1 to 200, or leave it out");
        if (body.At is { } at && at - now > Ahead) yield return ("at", $"at is {HubJson.Time(at)}, which is ahead of now, {HubJson.Time(now)}; expected when the complaint was made");
        if (body.At is { } old && old.ToUnixTimeMilliseconds() < 0) yield return ("at", $"at is {HubJson.Time(old)}; expected a time since 1970");
        if (body.Asset is { } asset && registry.FindAsset(asset) is null) yield return ("asset", $"There is no asset '{asset}': see GET /api/v1/assets, or give lat and long, or an address");
        if (body.Lat is null != body.Long is null) yield return (body.Lat is null ? "lat" : "long", "lat and long belong together: give both or none");
        if (body.Lat is { } lat && !(lat is >= -90 and <= 90)) yield return ("lat", $"lat is {lat}; expected degrees from -90 to 90, WGS 84");
        if (body.Long is { } lon && !(lon is >= -180 and <= 180)) yield return ("long", $"long is {lon}; expected degrees from -180 to 180, WGS 84");
        if (body.Address is { Length: > 400 }) yield return ("address", $"address has {body.Address.Length} characters; at most 400 fit");
        if (body.Asset is null && body.Lat is null && body.Long is null && string.IsNullOrWhiteSpace(body.Address)) yield return ("asset", "It is not said where: give an asset, or lat and long, or an address");
        if (body.Reporter?.Name is { Length: > 100 }) yield return ("reporter.name", $"reporter.name has {body.Reporter.Name.Length} characters; at most 100 fit");
        if (body.Reporter?.Phone is { Length: > 0 } phone && !PhonePattern().IsMatch(phone)) yield return ("reporter.phone", "reporter.phone is none; expected 3 to 32 of digits, spaces and + - ( )");
    }

    [GeneratedRegex(@"\A[a-z0-9-]{1,64}\z")]
    private static partial Regex ChannelPattern();

    [GeneratedRegex(@"\A(?=.{1,64}\z)[a-z0-9-]+(\.[a-z0-9-]+)*\z")]
    private static partial Regex CategoryPattern();

    [GeneratedRegex(@"\A[0-9+\-() ]{3,32}\z")]
    private static partial Regex PhonePattern();
}
