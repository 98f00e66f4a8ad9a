namespace Atp.Local;

/// <summary>A person who may sign in at the local issuer: in a browser, with the stack's sign-in password.</summary>
/// <param name="UserName">As Entra ID has them: an address.</param>
/// <param name="Name">Shown to people.</param>
/// <param name="Roles">App roles.</param>
public sealed record LocalUser(string UserName, string Name, IReadOnlyList<string> Roles);
