namespace CityEdge.Rules;

/// <summary>What proves that a repair worked.</summary>
/// <param name="When">Condition; null: the rule's clear condition.</param>
/// <param name="For">How long it must hold; the same as <see cref="Contracts.TicketPolicy.VerifyFor"/>.</param>
public sealed record VerifyPolicy(RuleExpression? When, TimeSpan For);
