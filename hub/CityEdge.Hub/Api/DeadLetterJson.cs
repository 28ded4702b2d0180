using CityEdge.Contracts;

namespace CityEdge.Hub.Api;

/// <summary>A dead letter in API and CLI.</summary>
public static class DeadLetterJson
{
    public static object View(DeadLetter letter) => new { letter.Id, At = HubJson.FromMs(letter.AtMs), letter.Topic, letter.Device, letter.Reason, letter.Message, letter.Position, PayloadBase64 = Convert.ToBase64String(letter.Payload) };
}
