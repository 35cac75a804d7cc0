using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers;

/// <summary><c>noop</c>: does nothing; its output is its <c>with</c>. For tests, and to gather values of other steps under one name.</summary>
public sealed class NoopHandler : IStepHandler
{
    public string Name => "noop";

    public JsonSchema? With => null;

    public ValueTask<StepResult> Run(StepContext context) =>
        new(context.With is { } with ? new StepResult.Completed(with, []) : StepResult.Completed.Empty);
}
