namespace Dispatcher.Steps;

/// <summary>
/// A handler whose attempts are worked on outside the node's process and survive it. An attempt that is recorded as running when its job is loaded is
/// given to the handler again, as the same attempt and with the lease that was recorded (<see cref="StepContext.Lease"/>). When the node shuts down
/// the handler is cancelled and the attempt stays running. After a restart of a job's actor it may be given again before an earlier call
/// for the same attempt has seen its cancellation: the later one counts.
/// </summary>
/// <remarks>
/// A handler that lost its worker throws a <see cref="StepFailedException"/> of class <see cref="Jobs.ErrorClass.WorkerLost"/>. An attempt may also be ended by a
/// command to the job, which cancels the handler.
/// </remarks>
public interface IExternalStepHandler : IStepHandler;
