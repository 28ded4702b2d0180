using Microsoft.AspNetCore.Http.HttpResults;

namespace CityEdge.Hub.Api;

/// <summary>Problem details (RFC 9457) that say what is wrong, where, and how to mend it.</summary>
public static class Problems
{
    private const int MaxErrors = 200;

    public static ProblemHttpResult NotFound(string what, string id, string mend) => TypedResults.Problem($"There is no {what} '{id}'. {mend}", statusCode: 404, title: $"No such {what}");

    public static ProblemHttpResult Bad(string parameter, string? value, string expected) =>
        TypedResults.Problem($"'{parameter}' is '{value}'; expected {expected}.", statusCode: 400, title: $"Bad {parameter}", extensions: new Dictionary<string, object?> { ["parameter"] = parameter });

    /// <summary>422 with the first <see cref="MaxErrors"/> errors.</summary>
    public static ProblemHttpResult Invalid(string title, IReadOnlyCollection<object> errors)
    {
        var more = errors.Count > MaxErrors ? $" Only the first {MaxErrors} of {errors.Count} are shown." : "";
        return TypedResults.Problem($"{title}; nothing was changed. See 'errors'.{more}", statusCode: 422, title: title, extensions: new Dictionary<string, object?> { ["errors"] = errors.Take(MaxErrors).ToList() });
    }

    public static ProblemHttpResult Conflict(string detail) => TypedResults.Problem(detail, statusCode: 409, title: "Conflict");

    public static ProblemHttpResult Forbidden(string role) => TypedResults.Problem($"This needs the role '{role}'. Sign in as a user who has it, or use such a user's token.", statusCode: 403, title: "Forbidden");
}
