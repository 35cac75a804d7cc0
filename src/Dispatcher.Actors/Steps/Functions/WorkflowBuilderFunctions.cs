using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Functions;

/// <summary>
/// Steps of a C# workflow whose code is a function: <c>.Step("download", DownloadImages, retries: 3)</c>. The code belongs to this step of this version of the
/// workflow. A method with typed input names its types, which the compiler does not find by itself: <c>.Step&lt;Request, Image[]&gt;("download", Download)</c>.
/// It receives the job's input if the step has no <c>with</c>.
/// </summary>
public static class WorkflowBuilderFunctions
{
    private const string JobInput = "${input}";

    /// <summary>Adds a step without output.</summary>
    public static WorkflowBuilder Step(
        this WorkflowBuilder builder, string id, Func<StepContext, Task> body,
        IReadOnlyList<string>? needs = null, int? retries = null, TimeSpan? timeout = null, TimeSpan? estimatedDuration = null,
        object? with = null, object? forEach = null, string? when = null, string? stage = null, OnError? onError = null) =>
        builder.Step(id, StepFunction.Of(builder.HandlerName(id), body), Options(needs, retries, timeout, estimatedDuration, with, forEach, when, stage, onError));

    /// <summary>Adds a step that returns its output.</summary>
    public static WorkflowBuilder Step<TOutput>(
        this WorkflowBuilder builder, string id, Func<StepContext, Task<TOutput>> body,
        IReadOnlyList<string>? needs = null, int? retries = null, TimeSpan? timeout = null, TimeSpan? estimatedDuration = null,
        object? with = null, object? forEach = null, string? when = null, string? stage = null, OnError? onError = null) =>
        builder.Step(id, StepFunction.Of(builder.HandlerName(id), body), Options(needs, retries, timeout, estimatedDuration, with, forEach, when, stage, onError));

    /// <summary>Adds a step with typed input and no output.</summary>
    public static WorkflowBuilder Step<TInput>(
        this WorkflowBuilder builder, string id, Func<TInput, StepContext, Task> body,
        IReadOnlyList<string>? needs = null, int? retries = null, TimeSpan? timeout = null, TimeSpan? estimatedDuration = null,
        object? with = null, object? forEach = null, string? when = null, string? stage = null, OnError? onError = null) =>
        builder.Step(id, StepFunction.Of(builder.HandlerName(id), body), Options(needs, retries, timeout, estimatedDuration, with ?? JobInput, forEach, when, stage, onError));

    /// <summary>Adds a step with typed input and output.</summary>
    public static WorkflowBuilder Step<TInput, TOutput>(
        this WorkflowBuilder builder, string id, Func<TInput, StepContext, Task<TOutput>> body,
        IReadOnlyList<string>? needs = null, int? retries = null, TimeSpan? timeout = null, TimeSpan? estimatedDuration = null,
        object? with = null, object? forEach = null, string? when = null, string? stage = null, OnError? onError = null) =>
        builder.Step(id, StepFunction.Of(builder.HandlerName(id), body), Options(needs, retries, timeout, estimatedDuration, with ?? JobInput, forEach, when, stage, onError));

    /// <summary>Adds a step with code of its own and everything that a step may have.</summary>
    /// <param name="handler">Its name must be <see cref="WorkflowBuilder.HandlerName"/> of the step, so that two workflows never share it by chance.</param>
    public static WorkflowBuilder Step(this WorkflowBuilder builder, string id, IStepHandler handler, StepOptions options) =>
        builder.Step(id, handler.Name, options).Attach(handler.Name, handler);

    private static StepOptions Options(
        IReadOnlyList<string>? needs, int? retries, TimeSpan? timeout, TimeSpan? estimatedDuration, object? with, object? forEach, string? when, string? stage, OnError? onError) => new()
        {
            Needs = needs ?? [],
            Retries = retries,
            Timeout = timeout,
            EstimatedDuration = estimatedDuration,
            With = with,
            ForEach = forEach,
            When = when,
            Stage = stage,
            OnError = onError,
        };
}
