/** The shortest password the hub takes. */
export const PASSWORD_MIN = 8;
