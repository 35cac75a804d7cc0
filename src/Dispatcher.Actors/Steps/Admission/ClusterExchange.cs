using Dispatcher.Kernel;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Steps.Admission;

/// <summary>
/// Asks the store for what the stages of a node need of the cluster, one request after the other, apart from all that runs: a slow database delays only who waits for
/// its answer. A stage whose request failed is told so, and asks again after the next view of the cluster.
/// </summary>
/// <param name="lasts">How long after a sign of life of this node the others must count its places.</param>
internal sealed partial class ClusterExchange(IAdmissionStore store, TimeSpan lasts, ILogger logger) : Actor
{
    protected internal override ILogger Logger => logger;

    protected internal override async ValueTask Receive(object message)
    {
        var stage = (RenderStage)message;
        if (stage.NextPlaces(lasts) is { } places) stage.TakePlaces(await OrNull(stage, store.SharePlaces(places)));
        if (stage.NextSlots() is { } slots) stage.TakeSlots(await OrNull(stage, store.ReserveSlots(slots)));
    }

    private async ValueTask<TAnswer?> OrNull<TAnswer>(RenderStage stage, ValueTask<TAnswer?> asking) where TAnswer : class
    {
        try
        {
            return await asking;
        }
        catch (Exception failure)
        {
            // Whatever it is: a stage asks nothing more until its request has been answered.
            LogNotAsked(logger, stage.Name, failure.Message);
            return null;
        }
    }

    [LoggerMessage(120, LogLevel.Warning, "Stage {Stage}: the cluster could not be asked for places or slots; it goes on with what it has and asks again: {Cause}")]
    private static partial void LogNotAsked(ILogger logger, string stage, string cause);
}
