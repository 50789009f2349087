F_0 = rational(0, 1)
F_1_10 = rational(1, 10)
F_1_2 = rational(1, 2)
F_2 = rational(2, 1)
F_ninf = infimum()
o_x = 0  # 5
o_z = 8  # 5
o_z1 = 16  # number
o_d_x = 24  # 5
o_d_x1 = 32  # 5


def epoch(S, I, losses):
    for s in range(losses.shape[0]):
        # scatter: z
        for i in range(5):
            S[i + o_z] = F_0
        for i in range(5):
            t0 = S[i + o_x]
            S[i + o_z] += t0*t0
        # scatter: z
        for i in range(5):
            t0 = -f_real(i)
            for j in range(i + 1, 5):
                S[j + o_z] += S[i + o_x]/(f_real(j) + t0)
        # reduce: z1
        a = F_0
        for i in range(5):
            t0 = S[i + o_z]
            a += F_1_2*(t0*t0)
        S[o_z1] = a
        # assign: d_x
        for i in range(5):
            v0 = F_2*S[i + o_x]*S[i + o_z]
            S[i + o_d_x] = v0
        # row: d_x1
        for j in range(5):
            S[j + o_d_x1] = F_0
        for i in range(5):
            t0 = f_real(i)
            for j in range(i):
                S[j + o_d_x1] += S[i + o_z]/(t0 - f_real(j))
        # assign: d_x2, z3
        for i in range(5):
            v0 = S[i + o_d_x] + S[i + o_d_x1]
            v1 = S[i + o_x] - F_1_10*v0
            S[i + o_x] = v1
        losses[s] = S[o_z1]
