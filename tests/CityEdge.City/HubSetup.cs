using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace CityEdge.City;

/// <summary>What an installer does before the devices are switched on, through the hub's API: the asset tree and the devices' tokens.</summary>
public sealed class HubSetup(HttpClient http)
{
    public async Task ImportAssetsAsync(string csv, CancellationToken ct)
    {
        using var response = await http.PostAsync("/api/v1/assets/import", new StringContent(csv, Encoding.UTF8, "text/csv"), ct);
        await CheckAsync(response, "assets import", ct);
    }

    /// <summary>The device's token.</summary>
    public async Task<string> AddDeviceAsync(string site, string device, CancellationToken ct)
    {
        using var response = await http.PostAsJsonAsync("/api/v1/devices", new { id = $"{site}/{device}" }, ct);
        await CheckAsync(response, $"devices add {site}/{device}", ct);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(ct)).GetProperty("token").GetString()!;
    }

    private static async Task CheckAsync(HttpResponseMessage response, string what, CancellationToken ct)
    {
        if (!response.IsSuccessStatusCode) throw new HttpRequestException($"The hub refused '{what}' with {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(ct)}");
    }
}
