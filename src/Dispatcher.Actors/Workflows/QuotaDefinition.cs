using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>
/// What a job of a workflow takes of its tenant's account of a meter: an estimate is held from the submission to the end, and what it really took is charged
/// when it completes. A job that does not complete is charged nothing. Immutable.
/// </summary>
public sealed class QuotaDefinition
{
    private readonly Template _estimate;
    private readonly Template? _actual;

    internal QuotaDefinition(string meter, Template estimate, Template? actual, TimeSpan? hold) => (Meter, _estimate, _actual, Hold) = (meter, estimate, actual, hold);

    /// <summary>What is metered, <c>^[a-z][a-z0-9._-]{0,62}$</c>.</summary>
    public string Meter { get; }

    /// <summary>After which time the estimate is held no longer, however long the job takes; none if absent.</summary>
    public TimeSpan? Hold { get; }

    /// <summary>Whether a text may name a meter.</summary>
    public static bool IsMeter(string name) => NameRule.Meter.Allows(name);

    /// <summary>Why a text is no meter's name.</summary>
    public static string FaultOfMeter(string name) => NameRule.Meter.FaultOf(name);

    /// <summary>What a new job holds.</summary>
    /// <param name="scope">The job before it has run: no step has an output.</param>
    /// <exception cref="ExpressionException">The estimate has no value here, or none that can be held.</exception>
    public QuotaReservation Estimate(IExpressionScope scope) => new(Meter, WholeUnits(_estimate, scope, out _), Hold);

    /// <summary>What a job that completes is charged.</summary>
    /// <param name="held">What it holds: charged when the workflow does not say what the job really took.</param>
    /// <exception cref="ExpressionException">The actual amount has no value here, or none that can be charged.</exception>
    public QuotaCharge Charge(IExpressionScope scope, QuotaReservation held) =>
        _actual is { } actual ? new QuotaCharge(WholeUnits(actual, scope, out var raw), raw) : new QuotaCharge(held.Amount);

    private static long WholeUnits(Template template, IExpressionScope scope, out decimal raw)
    {
        var value = template.Evaluate(scope);
        if (value is not { ValueKind: JsonValueKind.Number } number)
            throw new ExpressionException(template.Field, 1, $"the amount must be a number, and it is {JsonValues.NameOf(value?.ValueKind ?? JsonValueKind.Null)}");
        if (!number.TryGetDecimal(out raw) || raw < 0 || raw > JobLimits.QuotaAmount)
            throw new ExpressionException(template.Field, 1, $"the amount must be 0 to {JobLimits.QuotaAmount}, and it is {Suggestion.Clip(number.GetRawText())}");
        return (long)decimal.Ceiling(raw);
    }
}
