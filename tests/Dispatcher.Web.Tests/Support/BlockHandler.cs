using Dispatcher.Steps;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Tests.Support;

/// <summary><c>test.block</c>: runs until the test lets it go.</summary>
internal sealed class BlockHandler : IStepHandler
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "test.block";

    public JsonSchema? With => null;

    public void Release() => _released.TrySetResult();

    public async ValueTask<StepResult> Run(StepContext context)
    {
        await _released.Task.WaitAsync(context.Cancellation);
        return StepResult.Completed.Empty;
    }
}
