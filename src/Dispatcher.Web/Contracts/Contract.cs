namespace Dispatcher.Web.Contracts;

/// <summary>Systems whose callers Dispatcher serves with their own paths, words and errors: docs/contracts.md.</summary>
public enum Contract
{
    /// <summary>The job dispatcher of yogacoach: <c>/api/yogacoach</c>.</summary>
    Yogacoach,

    /// <summary>The Workflow Coordinator of video generation: <c>/api/v3</c>.</summary>
    WorkflowCoordinator,

    /// <summary>The JobOrchestrator of dataset builds: <c>/api/workflows</c>.</summary>
    JobOrchestrator,

    /// <summary>The jobs API of talk videos: <c>/jobs</c>.</summary>
    TalkAvocado,

    /// <summary>The scheduler service: <c>/api/scheduler_ops</c>.</summary>
    SchedulerService,
}
