using System.Buffers;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>What the expressions of a step see of its job's state.</summary>
public sealed class JobScope(JobState state, JsonElement? input, JsonElement env, Func<string, string> artifactPath) : IExpressionScope
{
    public JsonElement? Input => input;

    public JsonElement? Item { get; init; }

    public int? ItemIndex { get; init; }

    /// <summary>Makes the list of a fan-out's outputs; one that remembers it saves making it for each reference.</summary>
    public Func<FanOut, JsonElement> Outputs { get; init; } = OutputsOf;

    public JobId JobId => state.Id;

    public string Tenant => state.Spec.Tenant;

    public JsonElement? Env => env;

    public string ArtifactPath(string relative) => artifactPath(relative);

    public StepView Step(string id)
    {
        var step = state.Step(id);
        var failure = step.Status == StepStatus.Failed ? step.Failure : null;
        return step.FanOut is { } fanOut
            ? new StepView(step.Status, Outputs(fanOut), fanOut.Failed, failure)
            : new StepView(step.Status, step.Output, failure is null ? 0 : 1, failure);
    }

    /// <summary>The outputs of the items that worked, in the order of the items.</summary>
    public static JsonElement OutputsOf(FanOut fanOut)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var item in fanOut.Items)
            {
                if (item.Status != StepStatus.Completed) continue;
                if (item.Output is { } output) output.WriteTo(writer);
                else writer.WriteNullValue();
            }

            writer.WriteEndArray();
        }

        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }
}
