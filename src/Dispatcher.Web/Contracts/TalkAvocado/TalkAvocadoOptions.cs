namespace Dispatcher.Web.Contracts.TalkAvocado;

/// <summary>How the jobs API of talk videos makes its jobs. Its <c>env</c> is the node's environment, its storage the directory of artifacts.</summary>
public sealed record TalkAvocadoOptions
{
    /// <summary>True: a new job starts at once. False: it waits in <c>pending</c> until somebody starts it, so that its video can be brought first.</summary>
    public bool StartOnCreate { get; init; }

    /// <summary>The workflow of new jobs: the newest version that the tenant has registered, or the document's own skeleton if there is none.</summary>
    public string Workflow { get; init; } = "talk-avocado";
}
