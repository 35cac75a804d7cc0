namespace Dispatcher.Store;

/// <summary>All that a node keeps: the journal with its read model, keys, deliveries, what retention deletes, quota, and what a check looks at.</summary>
public interface INodeStore : IJobStore, IAccessStore, IDeliveryStore, IRetentionStore, IQuotaStore, IStoreInspection;
