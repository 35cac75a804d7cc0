using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>What the expressions of one step can see. Pure: two reads of a member give the same value.</summary>
public interface IExpressionScope
{
    /// <summary>The job's input with the schema's defaults applied; null if there is none.</summary>
    JsonElement? Input { get; }

    /// <summary>A step that the definition knows and the expression may name (registration checked both).</summary>
    StepView Step(string id);

    /// <summary>The fan-out's current item; null outside a fan-out.</summary>
    JsonElement? Item { get; }

    /// <summary>The current item's place, counted from 0; null outside a fan-out.</summary>
    int? ItemIndex { get; }

    JobId JobId { get; }

    string Tenant { get; }

    /// <summary>The settings that the host shows to workflows, usually one object of strings; null if there are none.</summary>
    JsonElement? Env { get; }

    /// <summary>The parameters of a pattern; null elsewhere.</summary>
    JsonElement? Params => null;

    /// <summary>What a schedule tells of a firing; null elsewhere.</summary>
    JsonElement? Schedule => null;

    /// <summary>The full path of a file in the job's artifact folder. The path is relative, with forward slashes and without <c>..</c>.</summary>
    string ArtifactPath(string relative);
}

/// <summary>An earlier step as expressions see it.</summary>
/// <param name="Status">Where it is in its life.</param>
/// <param name="Output">Its output (a fan-out's: the list of its items' outputs); null if it has none.</param>
/// <param name="Failed">How many of its sub-steps failed for good; for a single step 1 if it failed, else 0.</param>
/// <param name="Failure">Why it failed for good; null if it did not.</param>
public readonly record struct StepView(StepStatus Status, JsonElement? Output, int Failed, Failure? Failure = null);
