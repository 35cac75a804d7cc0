namespace Dispatcher.Store;

/// <summary>All that a node keeps: the journal with its read model, keys, deliveries, schedules, quota, what retention deletes, and what a check looks at.</summary>
public interface INodeStore : IJobStore, IAccessStore, IDeliveryStore, IScheduleStore, IQuotaStore, IRetentionStore, IStoreInspection;
