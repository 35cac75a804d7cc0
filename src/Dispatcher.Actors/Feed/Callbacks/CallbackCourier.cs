using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Feed.Callbacks;

/// <summary>Makes one attempt of a delivery, beside the actor that asked for it, and tells it how it ended.</summary>
internal sealed class CallbackCourier(CallbackComposer composer, ICallbackTransport transport, IdGenerator ids)
{
    /// <summary>Begins an attempt. The sender hears of its end as an <see cref="AttemptEnded"/>, unless it has cancelled it.</summary>
    public void Begin(StoredDelivery delivery, ActorCell sender, CancellationToken cancellation) =>
        sender.System.Scheduler.Schedule(new Attempt(this, delivery, sender, cancellation));

    /// <summary>For a line about the delivery.</summary>
    public JobLogScope ScopeOf(StoredDelivery delivery) => new(delivery.JobId, delivery.Tenant, composer.CorrelationOf(delivery.JobId));

    private async ValueTask<AttemptEnded> Run(StoredDelivery delivery, CancellationToken cancellation)
    {
        try
        {
            var request = await composer.Compose(delivery);
            if (request is null) return new AttemptEnded(delivery, null, null, cancellation);
            using var span = CallbackTrace.Start(delivery, request);
            var answer = await transport.Post(CallbackTrace.Continued(request, span, ids), cancellation);
            CallbackTrace.End(span, answer);
            return new AttemptEnded(delivery, answer, null, cancellation);
        }
        catch (Exception exception)
        {
            // The store's trouble or a bug of this node: nothing of it is the receiver's fault.
            return new AttemptEnded(delivery, null, exception, cancellation);
        }
    }

    private sealed class Attempt(CallbackCourier courier, StoredDelivery delivery, ActorCell sender, CancellationToken cancellation) : IThreadPoolWorkItem
    {
        public void Execute() => _ = Run();

        private async Task Run() => sender.Tell(await courier.Run(delivery, cancellation));
    }
}

/// <summary>An attempt has ended. Without answer and fault the event is not stored any more.</summary>
/// <param name="Answer">The receiver's, or what kept it from answering.</param>
/// <param name="Fault">What kept this node from sending.</param>
/// <param name="Life">The token of the sender's instance that began it: one that was replaced has forgotten it.</param>
internal sealed record AttemptEnded(StoredDelivery Delivery, CallbackAnswer? Answer, Exception? Fault, CancellationToken Life);
