using Dispatcher.Store;

namespace Dispatcher.Feed.Callbacks;

/// <summary>What callbacks touch outside the engine; without them a node sends none, and they wait in the store.</summary>
/// <param name="Deliveries">Callbacks to be sent, and their log.</param>
/// <param name="Access">The secrets that sign them.</param>
public sealed record CallbackEdges(IDeliveryStore Deliveries, IAccessStore Access, ICallbackTransport Transport);
