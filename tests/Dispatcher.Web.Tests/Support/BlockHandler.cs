using Dispatcher.Steps;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Tests.Support;

/// <summary><c>test.block</c>: runs until the test lets it go.</summary>
internal sealed class BlockHandler : IStepHandler
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "test.block";

    public JsonSchema? With => null;

    /// <summary>Completes when it runs for the first time.</summary>
    public Task Entered => _entered.Task;

    public void Release() => _released.TrySetResult();

    public async ValueTask<StepResult> Run(StepContext context)
    {
        _entered.TrySetResult();
        await _released.Task.WaitAsync(context.Cancellation);
        return StepResult.Completed.Empty;
    }
}
