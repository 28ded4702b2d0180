using System.Text.Json.Nodes;

namespace CityEdge.Edge;

/// <summary>The answer to a command (design §5, <c>command/{id}/reply</c>).</summary>
/// <param name="Status"><c>done</c>, <c>failed</c>, <c>refused</c> or <c>expired</c>.</param>
/// <param name="Result">JSON, when done.</param>
/// <param name="Error">For a person, when not.</param>
public sealed record CommandReply(string Status, JsonNode? Result = null, string? Error = null)
{
    /// <summary>It was done.</summary>
    public static CommandReply Done(JsonNode? result = null) => new("done", result);

    /// <summary>It was tried and did not work.</summary>
    public static CommandReply Failed(string error) => new("failed", null, error);

    /// <summary>It was not tried.</summary>
    public static CommandReply Refused(string error) => new("refused", null, error);

    /// <summary>It came after its time.</summary>
    public static CommandReply Expired(string error) => new("expired", null, error);

    /// <summary>The document that is published.</summary>
    public byte[] ToJson()
    {
        var document = new JsonObject { ["status"] = Status };
        if (Result is not null) document["result"] = Result.DeepClone();
        if (Error is not null) document["error"] = Error;
        return System.Text.Encoding.UTF8.GetBytes(document.ToJsonString());
    }
}
